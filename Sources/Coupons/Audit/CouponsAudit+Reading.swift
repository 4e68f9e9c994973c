import Evidence
import RESP
import Redis

/// Questions of the audit of coupons.
extension StoreReader {
    private static let sliceLimit = 1000

    /// The id of the newest campaign; 0 before the first.
    func newest() async throws(AuditError) -> Int64 {
        try await self.send(RedisCommand("GET", .key(CouponKeys.campaigns))) { $0 == .null ? 0 : $0.integerValue }
    }

    /// The code keys' fingerprints by version, and the key that lies in Redis.
    func codeKeys() async throws(AuditError) -> (fingerprints: [String: String], secret: String?) {
        let pairs = try await self.send(RedisCommand("HGETALL", .key(CouponKeys.codeKeys)), \.pairs)
        let secret = try await self.send(RedisCommand("HGET", .key(CouponKeys.secrets), "0")).string
        return (Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }, secret)
    }

    /// Where a campaign, or a part of one, stands.
    func cut(_ place: CampaignPlace) async throws(AuditError) -> PlaceCut {
        let call = RedisScriptCall(
            .couponsAuditCut,
            keys: PlaceCut.keys(of: place),
            arguments: AuditedCampaign.fields.map { .text($0) }
        )
        return try await self.run(call) { PlaceCut(place, $0) }
    }

    /// Entries of a log behind a position up to another one, the first of them.
    func entries(
        _ place: CampaignPlace,
        after first: LogPosition,
        to last: LogPosition
    ) async throws(AuditError) -> [AuditedEntry] {
        let range: [RedisArgument] = [.key(CouponKeys.log(place)), .text("(\(first)"), .text("\(last)")]
        let command = RedisCommand("XRANGE", range + ["COUNT", .integer(Self.sliceLimit)])
        return try await self.send(command) { reply in
            guard let replies = reply.array else { return nil }
            let entries = replies.compactMap { AuditedEntry($0) }
            return entries.count == replies.count ? entries : nil
        }
    }

    /// Values of fields of a hash, in their order; `nil` for what is not there.
    func values(_ key: String, _ fields: [String]) async throws(AuditError) -> [String?] {
        var values: [String?] = []
        for slice in fields.slices(of: Self.sliceLimit) {
            values += try await self.send(RedisCommand("HMGET", [.key(key)] + slice.map { .text($0) })) { reply in
                guard let replies = reply.array, replies.count == slice.count else { return nil }
                return replies.map(\.string)
            }
        }
        return values
    }

    /// Fields of a hash that `isKnown` does not know, the first of them by no order.
    func strays(_ key: String, _ isKnown: (String) -> Bool) async throws(AuditError) -> [String] {
        var strays: [String] = []
        try await self.fields(key) { name, _ in
            if !isKnown(name) { strays.append(name) }
            return strays.count < 3
        }
        return strays
    }

    /// A leased campaign with its loans, and the records of its parts; `nil` when the campaign changed meanwhile.
    ///
    /// All in one write. Of a missing part there is no record.
    func lease(_ id: CampaignID) async throws(AuditError) -> CouponsAudit.Lease? {
        let fields = AuditedCampaign.fields.map { RedisArgument.text($0) }
        let root = RedisCommand("HMGET", [.key(CouponKeys.campaign(id.root))] + fields)
        let loans = RedisCommand("HGETALL", .key(CouponKeys.loans(id)))
        let parts = id.parts.map { RedisCommand("HMGET", [.key(CouponKeys.campaign($0))] + fields) }
        let replies = try await self.attempt { redis, deadline throws(RedisError) in
            var replies: [RESPValue] = []
            for result in await redis.send([root, loans] + parts + [root, loans], within: deadline) {
                replies.append(try result.get())
            }
            return replies
        }
        guard replies.count == parts.count + 4, replies.prefix(2) == replies.suffix(2) else { return nil }
        guard let pairs = replies[1].pairs else { throw .malformedReply(command: loans.name) }
        let values = replies.map { $0.array ?? [] }
        return CouponsAudit.Lease(
            record: AuditedCampaign(id.root, values[0]),
            loans: LeaseCheck.Loans(pairs),
            parts: zip(id.parts, values.dropFirst(2)).map { AuditedCampaign($0, $1) }
        )
    }
}

extension CouponsAudit {
    /// A leased campaign, its loans and its parts, while the campaign stayed as it is.
    struct Lease: Sendable {
        let record: AuditedCampaign?
        let loans: LeaseCheck.Loans
        let parts: [AuditedCampaign?]
    }
}

extension RESPValue {
    /// Names and values of a hash; `nil` for the answer of another command than `HGETALL`.
    fileprivate var pairs: [(name: String, value: String)]? {
        guard let words = self.array?.map({ $0.string ?? "" }), words.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
    }
}

extension RedisScript {
    fileprivate static let couponsAuditCut = RedisScript(
        "coupons_audit_cut",
        source: PackageResources.coupons_audit_cut_lua
    )
}
