extension RandomAccessCollection {
    /// The elements in their order, at most `limit` at a time, which is 1 or more.
    ///
    /// An audit asks for one slice after the other, so that no question takes Redis longer than some milliseconds, and
    /// others have their turn in between.
    package func slices(of limit: Int) -> [[Element]] {
        var slices: [[Element]] = []
        var rest = self[...]
        while !rest.isEmpty {
            slices.append(Array(rest.prefix(limit)))
            rest = rest.dropFirst(limit)
        }
        return slices
    }
}
