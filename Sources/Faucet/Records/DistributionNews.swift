import Coordination
package import Ethereum
package import RESP

/// The state of a distribution, as one entry of the stream tells it.
package struct DistributionNews: Hashable, Sendable {
    package let id: String
    package let state: Distribution.State
    package let nonce: UInt64
    package let hash: Hash32?
    package let block: UInt64?

    /// The id of the distribution that an entry tells of.
    static func id(of entry: RESPValue) -> String? {
        guard let parts = entry.array, parts.count == 2, let words = parts[1].array, words.count == 10 else {
            return nil
        }
        return words[1].string
    }

    /// Reads a stream entry; `nil` when it is none of ours.
    package init?(entry: RESPValue) {
        guard let parts = entry.array, parts.count == 2, let words = parts[1].array?.map({ $0.string ?? "" }),
            words.count == 10, OperationID.isValid(words[1]), let state = Distribution.State(rawValue: words[3]),
            let nonce = UInt64(words[5])
        else { return nil }
        self.id = words[1]
        self.state = state
        self.nonce = nonce
        self.hash = Hash32(hex: words[7])
        self.block = UInt64(words[9])
    }
}
