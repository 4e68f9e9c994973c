package import Coordination
package import NIOCore
package import RESP

/// One account as `ledger_audit_accounts.lua` tells it: all of it at one instant.
package struct AccountSnapshot: Sendable {
    /// As Redis names them; `none` for a key that is not there.
    package let accountType: String
    package let entriesType: String
    package let referencesType: String
    /// `nil` where the field is missing.
    package let balance: String?
    package let sequence: String?
    package let chain: String?
    package let token: String?
    package let updated: String?
    /// How many entries the list has.
    package let length: Int
    /// A slice of them.
    package let entries: [ByteBuffer]

    /// `nil` for anything but the script's answer.
    package init?(_ reply: RESPValue) {
        guard let parts = reply.array, parts.count == 4, let types = parts[0].array?.compactMap(\.string),
            types.count == 3, let head = parts[1].array, let length = parts[2].integerValue,
            let entries = parts[3].array
        else { return nil }
        self.accountType = types[0]
        self.entriesType = types[1]
        self.referencesType = types[2]
        let fields = head.count == 5 ? head.map(\.string) : [nil, nil, nil, nil, nil]
        self.balance = fields[0]
        self.sequence = fields[1]
        self.chain = fields[2]
        self.token = fields[3]
        self.updated = fields[4]
        self.length = Int(clamping: length)
        self.entries = entries.compactMap { value in
            guard case .bulk(let bytes) = value else { return nil }
            return bytes
        }
    }

    /// The time of the answer and all accounts in it; `nil` for anything but the script's answer.
    package static func read(_ reply: RESPValue, count: Int) -> (time: ServerTime, accounts: [AccountSnapshot])? {
        guard let parts = reply.array, parts.count == 1 + count, let time = ServerTime(timeReply: parts[0]) else {
            return nil
        }
        let accounts = parts.dropFirst().compactMap(AccountSnapshot.init)
        return accounts.count == count ? (time, accounts) : nil
    }
}

/// The fields of an account's hash as numbers.
package struct AccountHead: Hashable, Sendable {
    package var balance: Int64
    package var sequence: Int64
    /// `nil` before the first change.
    package var chain: String?
    package var token: Int64
    /// Milliseconds since 1970.
    package var updated: Int64

    /// `nil` when a field is missing or not what it must be.
    ///
    /// An account may have nothing but a token: its lock was taken and nothing was added yet.
    package init?(_ snapshot: AccountSnapshot) {
        guard let token = Self.number(snapshot.token), token >= 0 else { return nil }
        self.token = token
        if snapshot.balance == nil, snapshot.sequence == nil, snapshot.chain == nil, snapshot.updated == nil {
            self.balance = 0
            self.sequence = 0
            self.updated = 0
            return
        }
        guard let balance = Self.number(snapshot.balance), let sequence = Self.number(snapshot.sequence),
            let updated = Self.number(snapshot.updated), let chain = snapshot.chain, sequence > 0
        else { return nil }
        self.balance = balance
        self.sequence = sequence
        self.chain = chain
        self.updated = updated
    }

    /// Decimal as the scripts write it: no plus, no zeros in front.
    package static func number(_ text: String?) -> Int64? {
        guard let text, let number = Int64(text), String(number) == text else { return nil }
        return number
    }
}
