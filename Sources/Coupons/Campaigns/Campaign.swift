package import Coordination
import RESP
import Redis

/// A campaign: its terms, and its state when it was read.
package struct Campaign: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable {
        /// One counter.
        case exact
        /// Parts of the quota are lent to many counters.
        case leased
    }

    package let id: CampaignID
    package let name: String
    package let created: ServerTime
    package let start: ServerTime
    /// `nil` for never.
    package let end: ServerTime?
    package let quota: Int64
    /// Most coupons of one user; 0 is no limit.
    package let userLimit: Int64
    package let mode: Mode
    package let isPaused: Bool
    /// Changes so far: pauses, resumptions and raises.
    package let revision: Int64
    /// Name of the key that makes its codes.
    package let codeKey: String
    /// Of an exact campaign, coupons issued; of a leased one, units that its parts have.
    package let sequence: Int64

    static let fields = [
        "name", "created", "start", "end", "quota", "user_limit", "mode", "state", "revision", "key", "sequence",
    ]

    /// The command whose reply ``init(_:_:)`` reads.
    static func command(_ id: CampaignID) -> RedisCommand {
        RedisCommand("HMGET", [.key(CouponKeys.campaign(id.root))] + Self.fields.map { .text($0) })
    }

    /// `nil` when the reply is of no campaign.
    init?(_ id: CampaignID, _ reply: RESPValue) {
        guard let values = reply.array, values.count == Self.fields.count, let name = values[0].string,
            let created = values[1].integerValue, let start = values[2].integerValue,
            let end = values[3].integerValue, let quota = values[4].integerValue,
            let userLimit = values[5].integerValue, let mode = values[6].string.flatMap(Mode.init(rawValue:)),
            let state = values[7].string, let revision = values[8].integerValue, let key = values[9].string,
            let sequence = values[10].integerValue
        else { return nil }
        self.id = id
        self.name = name
        self.created = ServerTime(milliseconds: created)
        self.start = ServerTime(milliseconds: start)
        self.end = end == 0 ? nil : ServerTime(milliseconds: end)
        self.quota = quota
        self.userLimit = userLimit
        self.mode = mode
        self.isPaused = state != "active"
        self.revision = revision
        self.codeKey = key
        self.sequence = sequence
    }

    /// Where its coupons are counted.
    package var places: [CampaignPlace] {
        switch self.mode {
        case .exact: [self.id.root]
        case .leased: self.id.parts
        }
    }

    /// Where its log is, beginning with the one that has pauses, resumptions and raises.
    package var logs: [CampaignPlace] {
        switch self.mode {
        case .exact: [self.id.root]
        case .leased: [self.id.root] + self.id.parts
        }
    }
}

/// A campaign with how many coupons it has issued, at one time by Redis's clock.
package struct CampaignStanding: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case scheduled
        case active
        case paused
        case soldOut
        case ended
    }

    package let campaign: Campaign
    package let issued: Int64
    package let now: ServerTime

    package var state: State {
        if let end = self.campaign.end, self.now >= end { return .ended }
        if self.issued >= self.campaign.quota { return .soldOut }
        if self.campaign.isPaused { return .paused }
        return self.now < self.campaign.start ? .scheduled : .active
    }
}
