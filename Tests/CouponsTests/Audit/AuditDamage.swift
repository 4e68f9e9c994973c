import Coordination
import Coupons
import Evidence
import RESP
import Redis
import Testing

/// A system with a little of everything, to be broken.
struct AuditScene: Sendable {
    typealias Kind = CouponsAudit.Kind

    let fixture: CouponsFixture
    /// Of 12 coupons, 2 a user: `gopal` twice, `asha`, a pause and its end, `indu`, a raise, one redeemed, one voided.
    let exact: CampaignID
    /// Leased, 2 a user, with 40 coupons of 40 users.
    let leased: CampaignID
    /// Of 5 coupons, without users, with an end: three issued.
    let plain: CampaignID
    /// Two parts of `leased` with coupons.
    let parts: [CampaignPlace]

    init(_ fixture: CouponsFixture) async throws {
        self.fixture = fixture
        let coupons = fixture.coupons
        self.exact = try await fixture.create(10, userLimit: 2)
        for user in ["gopal", "gopal", "asha"] { _ = try await fixture.issue(self.exact, user: user) }
        _ = try await coupons.change(self.exact, .pause)
        _ = try await coupons.change(self.exact, .resume)
        _ = try await fixture.issue(self.exact, user: "indu")
        _ = try await coupons.change(self.exact, .raise(12))
        let codes = try await fixture.codes(self.exact)
        _ = try await coupons.use(codes[0], .redeem(user: "gopal"), requestID: nil, caller: "test")
        _ = try await coupons.use(codes[1], .void, requestID: nil, caller: "test")
        self.leased = try await fixture.create(1000, userLimit: 2, mode: .leased)
        for number in 0..<40 { _ = try await fixture.issue(self.leased, user: "user-\(number)") }
        let end = try await fixture.now().advanced(byMilliseconds: 3_600_000)
        self.plain = try await fixture.create(5, end: end)
        for _ in 0..<3 { _ = try await fixture.issue(self.plain) }
        var parts: [CampaignPlace] = []
        for part in self.leased.parts where try await !fixture.lines(part).isEmpty { parts.append(part) }
        self.parts = parts
        try #require(parts.count > 1)
    }

    var exactRecord: String { CouponKeys.campaign(self.exact.root) }
    var plainRecord: String { CouponKeys.campaign(self.plain.root) }
    var leasedRecord: String { CouponKeys.campaign(self.leased.root) }
    var part: CampaignPlace { self.parts[0] }

    func set(_ key: String, _ field: String, _ value: String) async throws {
        try await self.fixture.send("HSET", .key(key), .text(field), .text(value))
    }

    func drop(_ key: String, _ field: String) async throws {
        try await self.fixture.send("HDEL", .key(key), .text(field))
    }

    func add(_ place: CampaignPlace, _ id: String, _ fields: [String]) async throws {
        let words = [RedisArgument.key(CouponKeys.log(place)), .text(id)] + fields.map { .text($0) }
        _ = try await self.fixture.node.send(RedisCommand("XADD", words), within: nil)
    }

    func edit(_ place: CampaignPlace, _ id: String, _ field: String, _ value: String) async throws {
        try await self.fixture.edit(place, id) { $0[field] = value }
    }
}

/// Something that somebody breaks, and all that an audit must say of it.
struct AuditDamage: Sendable {
    /// The part that is broken.
    enum Group: CaseIterable {
        case keys, records, leases, logs, issues, uses

        var damages: [AuditDamage] {
            switch self {
            case .keys: AuditDamage.ofKeys
            case .records: AuditDamage.ofRecords
            case .leases: AuditDamage.ofLeases
            case .logs: AuditDamage.ofLogs
            case .issues: AuditDamage.ofIssues
            case .uses: AuditDamage.ofUses
            }
        }
    }

    typealias Kind = CouponsAudit.Kind

    let name: String
    let kinds: Set<Kind>
    let apply: @Sendable (AuditScene) async throws -> Void

    init(_ name: String, _ kinds: Set<Kind>, _ apply: @escaping @Sendable (AuditScene) async throws -> Void) {
        self.name = name
        self.kinds = kinds
        self.apply = apply
    }
}
