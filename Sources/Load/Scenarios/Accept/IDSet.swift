/// A set of small numbers, one bit each.
///
/// Loads number their ids from 0 without gaps, so a million of them take 125 kB and no hashing.
package struct IDSet: Hashable, Sendable {
    private var words: [UInt64] = []
    package private(set) var count = 0

    package init() {}

    /// Adds an id that is not negative, and tells whether it is new.
    @discardableResult
    package mutating func insert(_ id: Int) -> Bool {
        let (word, bit) = (id >> 6, UInt64(1) << UInt64(id & 63))
        while self.words.count <= word { self.words.append(contentsOf: repeatElement(0, count: word + 1)) }
        guard self.words[word] & bit == 0 else { return false }
        self.words[word] |= bit
        self.count += 1
        return true
    }

    package func contains(_ id: Int) -> Bool {
        let word = id >> 6
        return word < self.words.count && self.words[word] & (1 << UInt64(id & 63)) != 0
    }

    /// Adds all of another set, and tells how many of them were here already.
    @discardableResult
    package mutating func formUnion(_ other: IDSet) -> Int {
        if self.words.count < other.words.count {
            self.words.append(contentsOf: repeatElement(0, count: other.words.count - self.words.count))
        }
        var shared = 0
        for (index, word) in other.words.enumerated() {
            shared += (self.words[index] & word).nonzeroBitCount
            self.words[index] |= word
        }
        self.count += other.count - shared
        return shared
    }

    /// The ids of this set in ascending order, at most `limit` of them.
    package func first(_ limit: Int) -> [Int] {
        var ids: [Int] = []
        for (index, word) in self.words.enumerated() where word != 0 {
            for bit in 0..<64 where word & (1 << UInt64(bit)) != 0 {
                if ids.count == limit { return ids }
                ids.append(index << 6 | bit)
            }
        }
        return ids
    }
}
