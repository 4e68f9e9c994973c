import Coordination
import RESP
import Redis

extension Coupons {
    // MARK: Campaigns

    /// A campaign as its record says; one round trip.
    func campaign(_ id: CampaignID) async throws(CouponError) -> Campaign {
        try Self.campaign(id, try await self.send(Campaign.command(id)))
    }

    private static func campaign(_ id: CampaignID, _ reply: RESPValue) throws(CouponError) -> Campaign {
        if reply.array?.first == .null { throw .campaignUnknown }
        guard let campaign = Campaign(id, reply) else { throw .storeInconsistent }
        return campaign
    }

    /// A campaign and where it stands; one round trip, of a leased campaign two.
    package func standing(_ id: CampaignID) async throws(CouponError) -> CampaignStanding {
        try await self.standing(of: try await self.campaign(id))
    }

    func standing(of campaign: Campaign) async throws(CouponError) -> CampaignStanding {
        guard let now = self.clock.now else { throw .store(.notSent(.notConnected)) }
        var issued = campaign.sequence
        if campaign.mode == .leased {
            let commands = campaign.places.map { RedisCommand("HGET", .key(CouponKeys.campaign($0)), "sequence") }
            issued = try await self.send(commands).reduce(0) { $0 + ($1.integerValue ?? 0) }
        }
        return CampaignStanding(campaign: campaign, issued: issued, now: now)
    }

    /// Campaigns before an id, newest first, and where the next page begins.
    ///
    /// Two round trips, and one for each leased campaign.
    package func list(
        before id: Int64?,
        limit: Int
    ) async throws(CouponError) -> (campaigns: [CampaignStanding], next: Int64?) {
        let newest = try await self.send(RedisCommand("GET", .key(CouponKeys.campaigns))).integerValue ?? 0
        var end = min(id ?? .max, newest + 1)
        var found: [CampaignStanding] = []
        // An id whose campaign was never completed is passed over.
        while found.count < limit, end > 1 {
            let ids = (max(1, end - Int64(limit - found.count))..<end).reversed().compactMap { CampaignID($0) }
            guard let last = ids.last else { break }
            for (id, reply) in zip(ids, try await self.send(ids.map(Campaign.command)))
            where reply.array?.first != .null {
                found.append(try await self.standing(of: try Self.campaign(id, reply)))
            }
            end = last.number
        }
        return (found, end > 1 ? end : nil)
    }

    // MARK: Codes and coupons

    /// The codes of a campaign.
    func codes(of campaign: Campaign) async throws(CouponError) -> CouponCodes {
        if let codes = try await self.keeper.current().codes(campaign.codeKey) { return codes }
        guard let codes = try await self.keeper.load().codes(campaign.codeKey) else { throw .codeKey }
        return codes
    }

    private static let pageSize = 2000
    /// Fewest entries that are read at once: between two issues there may be many others.
    private static let scanSize = 500

    /// A campaign with all codes that it has issued, part by part in order of their sequence.
    ///
    /// One round trip for each 2000 coupons. Issues may go on meanwhile: the standing is that of these codes, and the
    /// quota is read last, for it only rises.
    package func whole(_ id: CampaignID) async throws(CouponError) -> (standing: CampaignStanding, codes: [CouponCode])
    {
        let standing = try await self.standing(id)
        guard standing.issued <= self.configuration.codesLimit else { throw .tooManyCodes }
        let codes = try await self.codes(of: standing.campaign)
        var found: [CouponCode] = []
        found.reserveCapacity(Int(standing.issued))
        for place in standing.campaign.places {
            var position = LogPosition.start
            while true {
                let entries = try await self.log(place, after: position, limit: Self.pageSize)
                for entry in entries {
                    guard case .issued = entry.kind else { continue }
                    let sequence = place.sequence(entry.position.sequence)
                    found.append(codes.code(CouponNumber(campaign: id, sequence: sequence)))
                }
                guard entries.count == Self.pageSize, let last = entries.last else { break }
                position = last.position
            }
        }
        let last = try await self.campaign(id)
        let now = self.clock.now ?? standing.now
        return (CampaignStanding(campaign: last, issued: Int64(found.count), now: now), found)
    }

    /// Entries of a log behind a position, in order; one round trip.
    package func log(
        _ place: CampaignPlace,
        after position: LogPosition,
        limit: Int
    ) async throws(CouponError) -> [LogEntry] {
        try Self.entries(try await self.send(Self.logCommand(place, position, limit)))
    }

    /// The same of several logs; one round trip for all.
    func logs(
        _ places: [CampaignPlace],
        after positions: [LogPosition],
        limit: Int
    ) async throws(CouponError) -> [[LogEntry]] {
        let commands = zip(places, positions).map { Self.logCommand($0, $1, limit) }
        var pages: [[LogEntry]] = []
        for reply in try await self.send(commands) { pages.append(try Self.entries(reply)) }
        return pages
    }

    private static func logCommand(_ place: CampaignPlace, _ position: LogPosition, _ limit: Int) -> RedisCommand {
        RedisCommand("XRANGE", .key(CouponKeys.log(place)), .text("(\(position)"), "+", "COUNT", .integer(limit))
    }

    private static func entries(_ reply: RESPValue) throws(CouponError) -> [LogEntry] {
        var entries: [LogEntry] = []
        for value in reply.array ?? [] {
            guard let entry = LogEntry(value) else { throw .storeInconsistent }
            entries.append(entry)
        }
        return entries
    }

    /// Coupons of a campaign behind a position of one of its places, and where the next page begins.
    ///
    /// Two round trips a page, more where pages end between parts or between other entries.
    package func coupons(
        _ campaign: Campaign,
        after cursor: CouponCursor,
        limit: Int
    ) async throws(CouponError) -> (coupons: [Coupon], next: CouponCursor?) {
        let places = campaign.places
        var cursor = cursor
        var found: [Coupon] = []
        guard places.indices.contains(cursor.place) else {
            throw .invalid(field: "page_token", description: "is not one of this campaign's")
        }
        while found.count < limit {
            let place = places[cursor.place]
            var entries = try await self.log(place, after: cursor.position, limit: max(limit, Self.scanSize))
            // The page takes as many issues as it has room for, and the entries between them.
            let ends = entries.indices.filter { entries[$0].position.index == 0 }
            let room = limit - found.count
            if ends.count >= room { entries.removeLast(entries.count - ends[room - 1] - 1) }
            found += try await self.coupons(entries, at: place, of: campaign)
            if let last = entries.last {
                cursor.position = last.position
            } else {
                guard cursor.place + 1 < places.count else { return (found, nil) }
                cursor = CouponCursor(place: cursor.place + 1, position: .start)
            }
        }
        return (found, cursor)
    }

    /// The coupons that these entries issued, as they are now; one round trip.
    func coupons(
        _ entries: [LogEntry],
        at place: CampaignPlace,
        of campaign: Campaign
    ) async throws(CouponError) -> [Coupon] {
        let issued = entries.filter { if case .issued = $0.kind { true } else { false } }
        guard !issued.isEmpty else { return [] }
        let codes = try await self.codes(of: campaign)
        let fates =
            try await self.send(
                RedisCommand(
                    "HMGET",
                    [.key(CouponKeys.coupons(place))] + issued.map { .text(String($0.position.sequence)) }
                )
            ).array ?? []
        guard fates.count == issued.count else { throw .storeInconsistent }
        var coupons: [Coupon] = []
        for (entry, fate) in zip(issued, fates) {
            guard case .issued(let user) = entry.kind, let fate = Coupon.Fate(fate.string) else {
                throw .storeInconsistent
            }
            let number = CouponNumber(
                campaign: campaign.id,
                sequence: place.sequence(entry.position.sequence)
            )
            coupons.append(
                Coupon(code: codes.code(number), number: number, user: user, issued: entry.at, fate: fate)
            )
        }
        return coupons
    }

    /// The coupon that has a code, with its campaign and where it was counted; three round trips.
    package func coupon(
        _ code: CouponCode
    ) async throws(CouponError) -> (coupon: Coupon, campaign: Campaign, place: CampaignPlace, local: Int64) {
        guard let found = try await self.keeper.current().coupon(code) else { throw .couponUnknown }
        let campaign: Campaign
        do { campaign = try await self.campaign(found.number.campaign) } catch {
            throw error == .campaignUnknown ? .couponUnknown : error
        }
        // A number of another version's campaign was made by chance: its own key makes another code.
        guard campaign.codeKey == found.key.name,
            let (place, local) = CampaignPlace.split(found.number.sequence, of: campaign)
        else { throw .couponUnknown }
        let entries = try await self.log(place, after: LogPosition(sequence: local - 1, index: .max), limit: 1)
        guard let entry = entries.first, entry.position == LogPosition(sequence: local, index: 0),
            let coupon = try await self.coupons([entry], at: place, of: campaign).first
        else { throw .couponUnknown }
        return (coupon, campaign, place, local)
    }
}

/// Where a page of coupons begins: behind a position in one of the campaign's places.
package struct CouponCursor: Hashable, Sendable {
    package var place: Int
    package var position: LogPosition

    package static let start = CouponCursor(place: 0, position: .start)

    package init(place: Int, position: LogPosition) {
        self.place = place
        self.position = position
    }

    /// Reads `7.3.12-0` of campaign 7; `nil` for anything else, and for a token of another campaign.
    package init?(_ text: String, of campaign: CampaignID) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == campaign.description, let place = UInt8(parts[1]),
            let position = LogPosition(parts[2])
        else { return nil }
        self.init(place: Int(place), position: position)
    }

    /// With the campaign's number, so that it is of no use in another one.
    package func text(of campaign: CampaignID) -> String { "\(campaign).\(self.place).\(self.position)" }
}

extension Coupons {
    /// The ends of all logs of a campaign; one round trip.
    func ends(of campaign: Campaign) async throws(CouponError) -> WatchCursor {
        var cursor = WatchCursor(of: campaign)
        let commands = campaign.logs.map {
            RedisCommand("XREVRANGE", .key(CouponKeys.log($0)), "+", "-", "COUNT", 1)
        }
        for (log, reply) in try await self.send(commands).enumerated() {
            if let entry = reply.array?.first.flatMap({ LogEntry($0) }) { cursor.move(log, to: entry.position) }
        }
        return cursor
    }
}
