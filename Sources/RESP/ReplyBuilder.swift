import NIOCore

/// Puts one reply together from the parts that the parser finds, in the order it finds them.
///
/// Plain Swift: it owns every value until the reply is whole, so a half-parsed reply is freed with its builder.
package final class ReplyBuilder {
    private struct Frame {
        var elements: [RESPValue]
        let count: Int
    }

    /// The limit that the reply broke; stays set, because nothing after it can be read.
    package private(set) var violation: RESPError.Limit?
    private let limits: RESPLimits
    private var frames: [Frame] = []
    private var root: RESPValue?
    private var elementsLeft: Int
    private var bytesLeft: Int

    package init(limits: RESPLimits) {
        self.limits = limits
        self.elementsLeft = limits.elements
        self.bytesLeft = limits.replyBytes
    }

    /// Takes a value without elements.
    ///
    /// Returns whether the parser may go on.
    package func add(_ value: RESPValue) -> Bool {
        var value = value
        // A value may fill its array, which may fill the one around it, up to the root.
        while var frame = self.frames.popLast() {
            frame.elements.append(value)
            guard frame.elements.count == frame.count else {
                self.frames.append(frame)
                return true
            }
            value = .array(frame.elements)
        }
        self.root = value
        return true
    }

    /// Asks for room for a text before it is copied.
    ///
    /// Returns whether the parser may go on.
    package func reserve(bytes: Int) -> Bool {
        guard bytes <= self.limits.bulkBytes else { return self.refuse(.bulkBytes) }
        guard bytes <= self.bytesLeft else { return self.refuse(.replyBytes) }
        self.bytesLeft -= bytes
        return true
    }

    /// Opens an array that the next `count` values fill.
    ///
    /// Returns whether the parser may go on.
    package func open(count: Int) -> Bool {
        guard self.frames.count < self.limits.depth else { return self.refuse(.depth) }
        guard count <= self.elementsLeft else { return self.refuse(.elements) }
        self.elementsLeft -= count
        guard count > 0 else { return self.add(.array([])) }

        var frame = Frame(elements: [], count: count)
        // Not all at once: the count is only a claim until the elements come.
        frame.elements.reserveCapacity(min(count, 1024))
        self.frames.append(frame)
        return true
    }

    /// The reply, once; and room for the next one.
    package func take() -> RESPValue? {
        defer { self.reset() }
        return self.root
    }

    /// Forgets a reply that will not be finished.
    package func reset() {
        self.frames.removeAll(keepingCapacity: true)
        self.root = nil
        self.elementsLeft = self.limits.elements
        self.bytesLeft = self.limits.replyBytes
    }

    private func refuse(_ limit: RESPError.Limit) -> Bool {
        self.violation = limit
        return false
    }
}
