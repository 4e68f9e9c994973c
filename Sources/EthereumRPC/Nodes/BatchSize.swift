/// How many calls a node takes in one batch, found out by asking: halved when it refuses, then grown little by little.
package struct BatchSize: Hashable, Sendable {
    /// The most that the settings allow.
    private let limit: Int
    /// Calls in the next batch, 1 to the limit; 1 is for nodes that know no batches.
    package private(set) var size: Int
    /// The largest batch that was answered.
    private var proven = 0
    private var fullBatches = 0
    /// Full batches until a larger one is tried; each try in vain doubles it.
    private var patience = 16
    private static let longestPatience = 1024

    package init(limit: Int) {
        self.limit = limit
        self.size = limit
    }

    /// A batch of so many calls was too large for the node; `true` when fewer are possible.
    package mutating func refused(_ count: Int) -> Bool {
        guard count > 1 else { return false }
        self.fullBatches = 0
        if self.proven > 0, self.proven < count {
            self.patience = min(self.patience * 2, Self.longestPatience)
            self.size = min(self.size, self.proven)
        } else {
            self.proven = 0
            self.size = min(self.size, count / 2)
        }
        return true
    }

    /// A batch of so many calls was answered.
    package mutating func answered(_ count: Int) {
        self.proven = max(self.proven, count)
        guard count >= self.size, self.size < self.limit else { return }
        self.fullBatches += 1
        guard self.fullBatches >= self.patience else { return }
        self.fullBatches = 0
        self.size = min(self.limit, self.size + max(1, self.size / 8))
    }
}
