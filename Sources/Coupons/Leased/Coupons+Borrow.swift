import CoreMetrics
import RESP
import Redis

/// How the parts of a leased campaign come by their units (`docs/decisions/0028-leases-by-part.md`).
///
/// Units are counted, not numbered: a part issues its own sequence as long as that is below its limit. A loan raises
/// the limit, a gift lowers it. Each has a number and is carried out in two steps that may be repeated by anybody, so a
/// crash between them loses nothing.
extension Coupons {
    /// Gets units into an empty part, from the root or from the other parts.
    ///
    /// Throws `soldOut` when nobody has one, for certain, and `busy` when that cannot be told.
    func borrow(for place: CampaignPlace, loan: Int64) async throws(CouponError) {
        if try await self.lend(to: place, number: loan + 1) { return }
        let found = try await self.collect(for: place)
        if found, try await self.lend(to: place, number: loan + 1) { return }
        guard !found else { return }
        guard let revision = try await self.soldOutRevision(place.campaign) else { throw .busy }
        _ = try await self.step(
            "dry",
            RedisScriptCall(
                .couponsDry,
                keys: [CouponKeys.campaign(place)],
                arguments: [
                    .integer(Int(self.configuration.dry / .milliseconds(1))), .text(String(revision)),
                ]
            )
        )
        throw .soldOut
    }

    /// Lends units to a part and takes them in; `false` when the root has none.
    ///
    /// Two round trips.
    private func lend(to place: CampaignPlace, number: Int64) async throws(CouponError) -> Bool {
        let root = place.campaign
        let lent = try await self.step(
            "lend",
            RedisScriptCall(
                .couponsLend,
                keys: [CouponKeys.campaign(root.root), CouponKeys.loans(root)],
                arguments: [.integer(place.part ?? 0), .text(String(number))]
            )
        )
        switch lent.word {
        case "lent": break
        // Another borrower was quicker, and what it took in is there for all.
        case "stale": return true
        case "unknown": throw .campaignUnknown
        default: throw .storeInconsistent
        }
        let units = try lent.number(0)
        guard units > 0 else { return false }
        try await self.take(units, number, state: try lent.text(1), revision: try lent.text(2), into: place)
        return true
    }

    private func take(
        _ units: Int64,
        _ number: Int64,
        state: String,
        revision: String,
        into place: CampaignPlace
    ) async throws(CouponError) {
        let taken = try await self.step(
            "take",
            RedisScriptCall(
                .couponsTake,
                keys: [CouponKeys.campaign(place)],
                arguments: [.text(String(number)), .text(String(units)), .text(state), .text(revision)]
            )
        )
        if taken.word == "taken" { self.metrics.loans.increment() }
    }

    /// Brings back to the root what parts have and do not need, until one had something; `false` when none had.
    ///
    /// The borrower's own part is one of them: somebody may have died who was taking units from it.
    private func collect(for place: CampaignPlace) async throws(CouponError) -> Bool {
        let parts = place.campaign.parts
        let states = try await self.parts(parts)
        let loans = try await self.loans(place.campaign)
        // Each begins elsewhere, so that not all borrowers ask one part.
        let first = place.part ?? 0
        for index in parts.indices.map({ ($0 + first) % parts.count }) {
            let (part, state) = (parts[index], states[index])
            var mayHave = state.left > 0 || state.isGiving
            if let loan = loans[part], loan.number == state.loan + 1 {
                // Lent, and its borrower died before it was taken in. The part's own state is the newest it has seen.
                try await self.take(loan.units, loan.number, state: "active", revision: "0", into: part)
                mayHave = true
            }
            guard mayHave, try await self.giveBack(part) else { continue }
            return true
        }
        return false
    }

    /// Moves what a part has not issued back to the root.
    ///
    /// Three round trips.
    private func giveBack(_ place: CampaignPlace) async throws(CouponError) -> Bool {
        let given = try await self.step("give", RedisScriptCall(.couponsGive, keys: [CouponKeys.campaign(place)]))
        guard given.word == "given" else { throw .storeInconsistent }
        let (number, units) = (try given.number(0), try given.number(1))
        guard units > 0 else { return false }
        _ = try await self.step(
            "return",
            RedisScriptCall(
                .couponsReturn,
                keys: [CouponKeys.campaign(place.campaign.root), CouponKeys.loans(place.campaign)],
                arguments: [.integer(place.part ?? 0), .text(String(number)), .text(String(units))]
            )
        )
        _ = try await self.step(
            "given",
            RedisScriptCall(.couponsGiven, keys: [CouponKeys.campaign(place)], arguments: [.text(String(number))])
        )
        self.metrics.gifts.increment(by: units)
        return true
    }

    /// The campaign's revision when its parts have issued as many as the quota; `nil` when they have not.
    ///
    /// Counters only rise, so it is certain when it is seen, until the quota is raised under another revision.
    private func soldOutRevision(_ id: CampaignID) async throws(CouponError) -> Int64? {
        let campaign = try await self.campaign(id)
        let issued = try await self.parts(id.parts).reduce(0) { $0 + $1.sequence }
        return issued >= campaign.quota ? campaign.revision : nil
    }

    /// The state of each of these parts; one round trip.
    private func parts(_ places: [CampaignPlace]) async throws(CouponError) -> [PartState] {
        let replies = try await self.send(
            places.map { RedisCommand("HMGET", [.key(CouponKeys.campaign($0))] + PartState.fields.map { .text($0) }) }
        )
        var states: [PartState] = []
        for reply in replies {
            guard let state = PartState(reply) else { throw await self.missing() }
            states.append(state)
        }
        return states
    }

    /// The last loan to each part.
    private func loans(
        _ id: CampaignID
    ) async throws(CouponError) -> [CampaignPlace: (number: Int64, units: Int64)] {
        let reply = try await self.send(
            RedisCommand("HMGET", [.key(CouponKeys.loans(id))] + id.parts.map { .text(String($0.part ?? 0)) })
        )
        var loans: [CampaignPlace: (number: Int64, units: Int64)] = [:]
        for (part, value) in zip(id.parts, reply.array ?? []) {
            let numbers = (value.string ?? "").split(separator: " ").compactMap { Int64($0) }
            if numbers.count == 2 { loans[part] = (numbers[0], numbers[1]) }
        }
        return loans
    }
}

/// The state of a part of a leased campaign.
struct PartState {
    static let fields = ["sequence", "limit", "loan", "giving"]

    /// Coupons issued here.
    let sequence: Int64
    let limit: Int64
    /// Number of the last loan that was taken in.
    let loan: Int64
    /// Whether units are set aside that the root may not have yet.
    let isGiving: Bool

    init?(_ reply: RESPValue) {
        guard let values = reply.array, values.count == Self.fields.count, let sequence = values[0].integerValue,
            let limit = values[1].integerValue, let loan = values[2].integerValue
        else { return nil }
        self.sequence = sequence
        self.limit = limit
        self.loan = loan
        self.isGiving = values[3] != .null
    }

    var left: Int64 { self.limit - self.sequence }
}
