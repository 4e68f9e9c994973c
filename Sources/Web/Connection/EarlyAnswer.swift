/// How much of a request is read and dropped while its answer, which is ready before its end, waits.
///
/// Go's client and others give up sending when an answer comes, and with it their connection: then the answer is lost
/// or half. So a small rest is taken first; a large one is not worth it.
package struct EarlyAnswer: Hashable, Sendable {
    /// Most bytes that are dropped.
    package static let limit = 256 << 10

    private var room = Self.limit

    /// `nil` when so many bytes are still to come that the answer had better leave at once.
    package init?(remaining: Int?) {
        guard remaining ?? 0 <= Self.limit else { return nil }
    }

    /// Whether these bytes may be dropped, too.
    package mutating func hasRoom(for count: Int) -> Bool {
        self.room -= count
        return self.room >= 0
    }
}
