package import Coordination
package import RESP

/// A shard in one currency: what adds up to nothing.
package struct ShardMoney: Hashable, Comparable, Sendable {
    package let shard: Shard
    package let currency: Currency

    package init(_ shard: Shard, _ currency: Currency) {
        self.shard = shard
        self.currency = currency
    }

    package var worldKey: String { LedgerKeys.world(self.shard, self.currency) }

    package var transitKey: String { LedgerKeys.transit(self.shard, self.currency) }

    package static func < (one: ShardMoney, other: ShardMoney) -> Bool {
        (one.shard.number, one.currency.code) < (other.shard.number, other.currency.code)
    }
}

/// The counterweight of a shard's accounts, at one instant of Redis's clock, which cuts the shard's history in two.
package struct ShardCut: Hashable, Sendable {
    /// One of the two hashes, as it was found.
    package struct Side: Hashable, Sendable {
        /// As Redis names it; `none` for a key that is not there.
        package let type: String
        package let text: String?

        /// Minor units; 0 when there is none yet, `nil` when what is there is no number.
        package var balance: Int64? {
            switch self.type {
            case "none": 0
            case "hash": self.text == nil ? 0 : AccountHead.number(self.text)
            default: nil
            }
        }
    }

    package let time: ServerTime
    package let world: Side
    package let transit: Side
    /// How many entries were ever made in the shard, since they are counted; `nil` when they are not.
    package let entriesText: String?
    /// The balances of some accounts at this very instant.
    package let known: [Account: Int64]

    /// Reads the answer of `ledger_audit_world.lua` about these accounts; `nil` for anything else.
    package init?(_ reply: RESPValue, _ accounts: [Account]) {
        guard let parts = reply.array, parts.count == 4, let time = ServerTime(timeReply: parts[0]),
            let world = parts[1].array, world.count == 3, let worldType = world[0].string,
            let transit = parts[2].array, transit.count == 2, let transitType = transit[0].string,
            let balances = parts[3].array, balances.count == accounts.count
        else { return nil }
        var known: [Account: Int64] = [:]
        for (account, balance) in zip(accounts, balances) { known[account] = AccountHead.number(balance.string) }
        self.time = time
        self.world = Side(type: worldType, text: world[1].string)
        self.transit = Side(type: transitType, text: transit[1].string)
        self.entriesText = world[2].string
        self.known = known
    }

    /// Whether there is anything but accounts.
    package var isThere: Bool { self.world.type != "none" || self.transit.type != "none" }

    package var entries: Int64? { AccountHead.number(self.entriesText) }

    /// The sum that all accounts together must have, with a minus; `nil` when it cannot be read.
    package var counterweight: Int128? {
        guard let world = self.world.balance, let transit = self.transit.balance else { return nil }
        return Int128(world) + Int128(transit)
    }
}
