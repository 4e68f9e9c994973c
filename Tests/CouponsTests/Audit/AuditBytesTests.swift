import AuditSupport
import Coupons
import Evidence
import Redis
import Testing

/// The reports of an audit of coupons, to the byte.
@Suite
struct AuditBytesTests {
    /// Code keys are random, and so are their fingerprints.
    private static let changes = PinnedText.times + [(#"\b([0-9]+:)[0-9a-f]{8,}\b"#, "$1FINGERPRINT")]

    @Test
    func `the report of campaigns that are right`() async throws {
        try await CouponsFixture.with { fixture in
            _ = try await AuditScene(fixture)
            let report = try await fixture.audit()
            #expect(try PinnedText.difference(report.json, from: "coupons-clean.json", replacing: Self.changes) == nil)
            #expect(try PinnedText.difference(report.text, from: "coupons-clean.txt", replacing: Self.changes) == nil)
        }
    }

    @Test
    func `the report of campaigns of which all are wrong`() async throws {
        try await CouponsFixture.with { fixture in
            let scene = try await AuditScene(fixture)
            try await scene.edit(scene.plain.root, "2-0", "at", "17")
            try await scene.set(scene.plainRecord, "name", "a \u{8}\u{7f}\u{2028}/\"name\"\\ €")
            try await scene.set(scene.exactRecord, "sequence", "9")
            try await scene.set(scene.exactRecord, "key", "7:none")
            try await scene.drop(CouponKeys.users(scene.exact.root), "asha")
            try await scene.set(CouponKeys.loans(scene.leased), "gift:99", "1")
            try await scene.drop(CouponKeys.campaign(scene.part), "limit")
            try await fixture.send("SET", "tally:{c:1}:strange", "1")
            let report = try await fixture.audit()
            #expect(
                try PinnedText.difference(report.json, from: "coupons-violated.json", replacing: Self.changes) == nil
            )
            #expect(
                try PinnedText.difference(report.text, from: "coupons-violated.txt", replacing: Self.changes) == nil
            )
        }
    }
}
