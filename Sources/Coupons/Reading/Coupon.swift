package import Coordination
package import RESP

/// One coupon, with what became of it.
package struct Coupon: Hashable, Sendable {
    package enum Fate: Hashable, Sendable {
        case none
        /// `user` is empty when it was not said who.
        case redeemed(ServerTime, user: String)
        case voided(ServerTime)

        /// Reads the coupon's state in Redis: `redeemed <ms> <user>` or `voided <ms> `.
        init?(_ text: String?) {
            guard let text else {
                self = .none
                return
            }
            let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3, let time = Int64(words[1]).map(ServerTime.init(milliseconds:)) else { return nil }
            switch words[0] {
            case "redeemed": self = .redeemed(time, user: String(words[2]))
            case "voided": self = .voided(time)
            default: return nil
            }
        }
    }

    package let code: CouponCode
    package let number: CouponNumber
    /// Empty when it was issued to nobody in particular.
    package let user: String
    package let issued: ServerTime
    package let fate: Fate
}

/// The place of an entry in a log: `<sequence>-<n>`, as Redis orders a stream.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let start = LogPosition(sequence: 0, index: 0)

    package let sequence: Int64
    /// 0 is the issue with this sequence; from 1 on is what happened between it and the next.
    package let index: Int64

    package init(sequence: Int64, index: Int64) {
        self.sequence = sequence
        self.index = index
    }

    /// Reads `12-0`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(part) : nil
        }
        guard numbers.count == 2, let sequence = numbers[0], let index = numbers[1] else { return nil }
        self.init(sequence: sequence, index: index)
    }

    package var description: String { "\(self.sequence)-\(self.index)" }

    package static func < (one: LogPosition, other: LogPosition) -> Bool {
        (one.sequence, one.index) < (other.sequence, other.index)
    }
}

/// One entry of a campaign's log.
package struct LogEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case issued(user: String)
        /// The sequence is that of the same place.
        case redeemed(sequence: Int64, user: String)
        case voided(sequence: Int64)
        case paused
        case resumed
        case raised(quota: Int64)
    }

    package let position: LogPosition
    package let at: ServerTime
    package let kind: Kind

    /// `nil` for what no script of ours can have written.
    package init?(_ reply: RESPValue) {
        guard let parts = reply.array, parts.count == 2, let position = parts[0].string.flatMap({ LogPosition($0) }),
            let words = parts[1].array
        else { return nil }
        var fields: [String: RESPValue] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            fields[words[index].string ?? ""] = words[index + 1]
        }
        guard let at = fields["at"]?.integerValue, let kind = fields["kind"]?.string else { return nil }
        let user = fields["user"]?.string ?? ""
        switch (kind, fields["coupon"]?.integerValue, fields["quota"]?.integerValue) {
        case ("issued", nil, nil) where position.index == 0: self.kind = .issued(user: user)
        case ("redeemed", .some(let sequence), nil): self.kind = .redeemed(sequence: sequence, user: user)
        case ("voided", .some(let sequence), nil): self.kind = .voided(sequence: sequence)
        case ("paused", nil, nil): self.kind = .paused
        case ("resumed", nil, nil): self.kind = .resumed
        case ("raised", nil, .some(let quota)): self.kind = .raised(quota: quota)
        default: return nil
        }
        self.position = position
        self.at = ServerTime(milliseconds: at)
    }
}
