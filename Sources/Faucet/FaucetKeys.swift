import Coordination
package import Ethereum
import Evidence

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them. All have one hash tag: one script claims a key, chooses a sender and binds a nonce. Keys
/// of one sender in one era are named by its lane: `<era>:<sender>`.
package enum FaucetKeys {
    /// Hash: the records of one idempotency key of one caller; `digest` is hexadecimal.
    package static func idempotency(digest: String) -> String { "tally:{faucet}:idempotency:\(digest)" }

    // MARK: Distributions

    /// Where the names of all records begin; the id follows.
    package static let distributions = "tally:{faucet}:distribution:"

    /// Hash: the distribution's order and its state.
    package static func distribution(_ id: String) -> String { Self.distributions + id }

    /// Sorted set of the distributions to an address, by when they were made.
    package static func list(_ address: Address) -> String { "tally:{faucet}:distributions:\(address.lowercased)" }

    /// Stream: the states of distributions as they change, for the requests that wait.
    package static let events = "tally:{faucet}:events"

    // MARK: Limits

    /// String that is there while an address has to wait for its next coin.
    package static func cooldown(_ address: Address) -> String { "tally:{faucet}:cooldown:\(address.lowercased)" }

    /// Hash of a `day` since 1970 and the `count` of its distributions.
    package static let day = "tally:{faucet}:day"

    // MARK: Lanes

    /// Hash: the number of the era, and which chain it is of.
    package static let era = "tally:{faucet}:era"

    /// String that is there while no node can be used: why not.
    package static let chainTrouble = "tally:{faucet}:chain_trouble"

    /// Set of the addresses that pay.
    package static let senders = "tally:{faucet}:senders"

    /// Stream: the senders whose lanes have something to do.
    package static let wakes = "tally:{faucet}:wakes"

    /// Hash: the process that runs a sender's lane.
    package static func lease(_ sender: Address) -> String { "tally:{faucet}:lease:\(sender.lowercased)" }

    /// The counter of that role's fencing tokens.
    package static func leaseToken(_ sender: Address) -> String { "tally:{faucet}:lease_token:\(sender.lowercased)" }

    /// Where the names of nonce counters begin: strings, the next nonce of each lane.
    package static let nonces = "tally:{faucet}:nonce"

    /// Where the names of lanes begin: hashes, what each last saw and what it is told.
    package static let lanes = "tally:{faucet}:lane"

    /// Where the names of sorted sets begin: each lane's distributions that are not over, by nonce.
    package static let open = "tally:{faucet}:open"

    /// Where the names of sorted sets begin: each lane's distributions that have a record, by nonce.
    package static let bound = "tally:{faucet}:bound"

    /// Where the names of sets begin: each lane's distributions that are to be cancelled.
    package static let cancels = "tally:{faucet}:cancels"

    package static func nonce(_ lane: LaneName) -> String { "\(Self.nonces):\(lane.text)" }
    package static func lane(_ lane: LaneName) -> String { "\(Self.lanes):\(lane.text)" }
    package static func open(_ lane: LaneName) -> String { "\(Self.open):\(lane.text)" }
    package static func bound(_ lane: LaneName) -> String { "\(Self.bound):\(lane.text)" }
    package static func cancels(_ lane: LaneName) -> String { "\(Self.cancels):\(lane.text)" }
}

// MARK: Reading

extension FaucetKeys {
    /// The owner of a key.
    package enum Owner: Hashable, Sendable {
        /// A distribution's record; its id follows.
        case distribution(String)
        /// Something of a lane: nonces, open ones, bound ones, cancels or what it last saw.
        case lane(LaneName)
        /// Some other key of the faucet.
        case other
    }

    /// The pattern for `SCAN` that finds all keys of the faucet.
    package static let pattern = "\(Self.era.prefix { $0 != "}" })}:*"

    /// `nil` for a key that the faucet would not write.
    package static func owner(of key: String) -> Owner? {
        guard let name = KeyName(key) else { return nil }
        if OperationID.isValid(name.rest), name.isOne(of: Self.distribution(name.rest)) {
            return .distribution(name.rest)
        }
        if let lane = LaneName(name.rest) {
            let keys = [Self.nonce(lane), Self.lane(lane), Self.open(lane), Self.bound(lane), Self.cancels(lane)]
            return keys.contains(key) ? .lane(lane) : nil
        }
        if let address = Address(hex: name.rest) {
            let keys = [Self.list(address), Self.cooldown(address), Self.lease(address), Self.leaseToken(address)]
            return keys.contains(key) ? .other : nil
        }
        let single = [Self.era, Self.senders, Self.wakes, Self.events, Self.day, Self.chainTrouble]
        let isKnown = single.contains(key) || !name.rest.isEmpty && key == Self.idempotency(digest: name.rest)
        return isKnown ? .other : nil
    }
}

/// One sender in one era.
package struct LaneName: Hashable, Sendable {
    package let era: Int64
    package let sender: Address

    package init(era: Int64, sender: Address) {
        self.era = era
        self.sender = sender
    }

    /// Reads ``text``; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 2, let era = Int64(words[0]), let sender = Address(hex: words[1]) else { return nil }
        self.init(era: era, sender: sender)
        guard self.text == text else { return nil }
    }

    /// The era, a colon and the address in lower case.
    package var text: String { "\(self.era):\(self.sender.lowercased)" }
}
