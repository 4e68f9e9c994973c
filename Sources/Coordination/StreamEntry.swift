package import RESP

/// One entry of a stream: its words by the names that stand before them, in whatever order.
package struct StreamEntry: Hashable, Sendable {
    package let id: String
    package let fields: [String: String]

    /// Reads `[id, [field, value, …]]`.
    ///
    /// `nil` for one that was deleted meanwhile: then its fields are missing, or all of it.
    package init?(_ entry: RESPValue) {
        guard let parts = entry.array, parts.count == 2, let id = parts[0].string,
            let words = parts[1].array?.map({ $0.string ?? "" })
        else { return nil }
        let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
        self.id = id
        self.fields = Dictionary(pairs) { _, last in last }
    }
}
