package import Coordination
import Timing

/// One event that a watch tells of.
package struct WatchEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case standing(CampaignStanding)
        case issued(Coupon)
        case redeemed(Coupon)
        case voided(Coupon)
        case paused
        case resumed
        case raised(quota: Int64)
    }

    package let cursor: WatchCursor
    package let time: ServerTime
    package let kind: Kind
}

/// How far a watch has come in each log of its campaign.
package struct WatchCursor: Hashable, Sendable {
    package private(set) var positions: [LogPosition]
    private let campaign: CampaignID

    /// The beginning of all logs.
    package init(of campaign: Campaign) {
        self.campaign = campaign.id
        self.positions = Array(repeating: .start, count: campaign.logs.count)
    }

    /// Reads what ``text`` wrote; `nil` for anything else, and for a cursor of another campaign.
    package init?(_ text: String, of campaign: Campaign) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == campaign.logs.count + 1, parts[0] == campaign.id.description else { return nil }
        self.campaign = campaign.id
        self.positions = parts.dropFirst().compactMap { LogPosition($0) }
        guard self.positions.count == campaign.logs.count else { return nil }
    }

    /// With the campaign's number, so that it is of no use in another one.
    package var text: String {
        ([self.campaign.description] + self.positions.map(\.description)).joined(separator: "_")
    }

    mutating func move(_ log: Int, to position: LogPosition) { self.positions[log] = position }
}

/// Follows one campaign: first its standing, then each entry of its logs, once and in the order of its log.
package struct CampaignWatch: Sendable {
    private static let pageSize = 500
    /// How many times its interval a watch may wait when nothing happens.
    private static let slowest = 5

    private let coupons: Coupons
    private var campaign: Campaign
    private var cursor: WatchCursor

    /// `cursor` is empty for the beginning, `now` for what is still to come, or of an event that was seen.
    package init(_ coupons: Coupons, _ id: CampaignID, cursor: String) async throws(CouponError) {
        self.coupons = coupons
        self.campaign = try await coupons.campaign(id)
        if cursor.isEmpty {
            self.cursor = WatchCursor(of: self.campaign)
        } else if cursor == "now" {
            self.cursor = try await coupons.ends(of: self.campaign)
        } else {
            guard let cursor = WatchCursor(cursor, of: self.campaign) else {
                throw .invalid(field: "cursor", description: "is not one of this campaign's")
            }
            self.cursor = cursor
        }
    }

    /// Tells what happened, as many events at once as were read, until `tell` throws or the caller is cancelled.
    package mutating func run(_ tell: ([WatchEvent]) async throws -> Void) async throws {
        try await self.tellStanding(tell)
        let configuration = self.coupons.configuration
        var toldLast = LoopClock().now
        var pause = configuration.watchInterval
        while !Task.isCancelled {
            switch try await self.tellNews(tell) {
            case .more:
                toldLast = LoopClock().now
                continue
            case .all:
                toldLast = LoopClock().now
                pause = configuration.watchInterval
            case .none: break
            }
            if LoopClock().now >= toldLast.advanced(by: configuration.watchBeat) {
                try await self.tellStanding(tell)
                toldLast = LoopClock().now
            }
            try await Task.sleep(for: pause, clock: .loop)
            // Where nothing happens, Redis is asked less and less often.
            pause = min(pause * 2, configuration.watchInterval * Self.slowest)
        }
    }

    private mutating func tellStanding(_ tell: ([WatchEvent]) async throws -> Void) async throws {
        let standing = try await self.coupons.standing(self.campaign.id)
        try await tell([WatchEvent(cursor: self.cursor, time: standing.now, kind: .standing(standing))])
    }

    /// The amount of news that a look found.
    private enum News {
        case none
        /// All that there was.
        case all
        /// A full page: there may be more.
        case more
    }

    /// Tells a page of each log.
    private mutating func tellNews(_ tell: ([WatchEvent]) async throws -> Void) async throws -> News {
        var news = News.none
        let logs = self.campaign.logs
        let pages = try await self.coupons.logs(logs, after: self.cursor.positions, limit: Self.pageSize)
        for (log, (place, entries)) in zip(logs, pages).enumerated() where !entries.isEmpty {
            if entries.count == Self.pageSize { news = .more } else if news == .none { news = .all }
            var issued = try await self.coupons.coupons(entries, at: place, of: self.campaign)[...]
            var events: [WatchEvent] = []
            for entry in entries {
                self.cursor.move(log, to: entry.position)
                let kind: WatchEvent.Kind
                switch entry.kind {
                case .issued:
                    guard let coupon = issued.popFirst() else { throw CouponError.storeInconsistent }
                    kind = .issued(coupon)
                case .redeemed(let sequence, _): kind = .redeemed(try await self.coupon(sequence, at: place))
                case .voided(let sequence): kind = .voided(try await self.coupon(sequence, at: place))
                case .paused: kind = .paused
                case .resumed: kind = .resumed
                case .raised(let quota): kind = .raised(quota: quota)
                }
                events.append(WatchEvent(cursor: self.cursor, time: entry.at, kind: kind))
            }
            try await tell(events)
        }
        return news
    }

    private func coupon(_ local: Int64, at place: CampaignPlace) async throws(CouponError) -> Coupon {
        let before = LogPosition(sequence: local - 1, index: .max)
        let entries = try await self.coupons.log(place, after: before, limit: 1)
        guard let coupon = try await self.coupons.coupons(entries, at: place, of: self.campaign).first else {
            throw await self.coupons.missing()
        }
        return coupon
    }
}
