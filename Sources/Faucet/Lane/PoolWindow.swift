/// How many transactions a lane has with its node at once: as many as the node keeps, found out by looking.
///
///     begins small ──all kept──▶ doubles ──some lost──▶ as many as were kept ──16 of these mined──▶ an eighth more
///
/// A node says yes to more than it keeps, and forgets the highest nonces without a word. Each of them would have to be
/// sent again, so a node that keeps 32 gets 32, and all of them once.
package struct PoolWindow: Hashable, Sendable {
    /// A number that any node keeps of an account: a lane begins with it.
    private static let first = 64
    /// The least after a loss that says nothing of how many the node keeps.
    private static let least = 16
    private static let longestPatience = 256

    /// The most that the settings allow.
    private let limit: Int
    package private(set) var size: Int
    /// The number that a node has kept when it lost the rest; `nil` as long as none has lost any.
    private var ceiling: Int?
    /// The most that the node was seen to keep since something was missing.
    private var mostKept = 0
    /// Transactions that were mined while the window was full and nothing was lost.
    private var minedCount = 0
    /// Full windows that have to be mined until more is tried; each try in vain doubles it.
    private var patience = 16
    /// Whether the last that was tried was kept: then the next needs no patience.
    private var isGrowing = false
    private var sizeBefore: Int
    /// Whether the node's pending nonce tells what it keeps.
    package private(set) var isTrusted = true
    /// The size at the last look: until it is another, there is nothing to see.
    private var lookedAt = 0

    package init(limit: Int) {
        self.limit = limit
        self.size = min(Self.first, limit)
        self.sizeBefore = self.size
    }

    /// Whether a look now, and not at its time, may let more be sent.
    package var isWorthALook: Bool { self.ceiling == nil && self.size < self.limit && self.lookedAt != self.size }

    /// The node was looked at, and has all that it was given; `isFull` when there was more to send, `mined` what was
    /// mined since the last look.
    package mutating func keptAll(isFull: Bool, mined: Int) {
        self.lookedAt = self.size
        self.mostKept = 0
        guard isFull, self.size < self.limit else { return }
        if let ceiling = self.ceiling, self.size >= ceiling {
            self.minedCount += mined
            guard self.minedCount >= (self.isGrowing ? 1 : self.patience) * self.size else { return }
            self.minedCount = 0
            self.isGrowing = true
            self.size = min(self.limit, self.size + max(1, self.size / 8))
            self.ceiling = self.size
        } else {
            self.size = min(self.limit, self.ceiling ?? .max, self.size * 2)
        }
    }

    /// The node was looked at, and has only the first `kept` of what it was given; `isLost` when the rest was given to
    /// it long enough ago.
    package mutating func kept(_ kept: Int, isLost: Bool) {
        self.lookedAt = self.size
        self.mostKept = max(self.mostKept, kept)
        guard isLost else { return }
        self.shrink(to: self.mostKept)
        self.mostKept = 0
    }

    /// The node has refused more than `kept`.
    package mutating func refused(behind kept: Int) { self.shrink(to: kept) }

    /// The node has what it did not tell of.
    package mutating func wasWrong() {
        self.isTrusted = false
        self.ceiling = nil
        self.size = max(self.size, self.sizeBefore)
    }

    private mutating func shrink(to kept: Int) {
        guard self.isTrusted, kept < self.size else { return }
        self.sizeBefore = max(self.sizeBefore, self.size)
        self.minedCount = 0
        self.isGrowing = false
        if let ceiling = self.ceiling, self.size <= ceiling {
            self.patience = min(self.patience * 2, Self.longestPatience)
        }
        // A node that has nothing was started anew, or is full of others': that says nothing.
        self.size = kept > 0 ? kept : max(min(Self.least, self.limit), self.size / 2)
        self.ceiling = kept > 0 ? kept : nil
    }
}
