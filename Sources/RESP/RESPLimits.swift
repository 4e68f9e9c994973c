/// How large replies may be before the connection they come from is given up.
///
/// Redis is trusted with data, not with memory: whatever it sends, the reader holds a bounded amount.
package struct RESPLimits: Hashable, Sendable {
    /// The longest single bulk, status or error in bytes; default 8 MiB, range 1 KiB…512 MiB.
    package var bulkBytes: Int
    /// The most elements that one reply may hold, nested ones included; default 1,000,000, range 1…2^31-1.
    package var elements: Int
    /// How deep arrays may be nested; default 7, range 1…7, because hiredis 0.14 reads no deeper.
    package var depth: Int
    /// The most bytes of text that one reply may hold in all; default 64 MiB, range 1 KiB…1 GiB.
    package var replyBytes: Int
    /// The most bytes kept of a reply that is not whole yet; default 16 MiB, range above ``bulkBytes``.
    ///
    /// hiredis keeps an unfinished bulk, so this is what bounds a bulk that is announced and never ends.
    package var unreadBytes: Int

    package init(
        bulkBytes: Int = 8 << 20,
        elements: Int = 1_000_000,
        depth: Int = 7,
        replyBytes: Int = 64 << 20,
        unreadBytes: Int = 16 << 20
    ) {
        self.bulkBytes = bulkBytes
        self.elements = elements
        self.depth = depth
        self.replyBytes = replyBytes
        self.unreadBytes = unreadBytes
    }
}
