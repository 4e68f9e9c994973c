import AuditSupport
import Coupons
import Evidence
import Redis
import Testing

/// Each way in which coupons can be wrong, made once.
@Suite
struct AuditViolationTests {
    @Test(arguments: AuditDamage.Group.allCases)
    func `Each damage is found, and only that`(group: AuditDamage.Group) async throws {
        try await CouponsFixture.with { fixture in
            let scene = try await AuditScene(fixture)
            let before = try await fixture.audit()
            try #require(before.isClean, "\(before.text)")
            for damage in group.damages {
                try await fixture.node.undoing {
                    try await damage.apply(scene)
                    let report = try await fixture.audit()
                    #expect(report.kinds == damage.kinds, "\(damage.name):\n\(report.text)")
                    #expect(report.exitCode == 1)
                    #expect(report.text.contains("VIOLATED"))
                }
            }
            let after = try await fixture.audit()
            #expect(after.isClean, "\(after.text)")
        }
    }

    @Test
    func `No kind of violation goes untested`() {
        let tested = AuditDamage.Group.allCases.flatMap(\.damages).reduce(into: Set<CouponsAudit.Kind>()) {
            $0.formUnion($1.kinds)
        }
        #expect(Set(CouponsAudit.Kind.allCases).subtracting(tested) == [])
    }

    @Test
    func `A violation names the record, what was expected and what is there`() async throws {
        try await CouponsFixture.with { fixture in
            let scene = try await AuditScene(fixture)
            try await scene.edit(scene.plain.root, "2-0", "at", "17")
            let report = try await fixture.audit { $0.campaign = scene.plain.number }
            let violation = try #require(report.violations.first.first)
            #expect(violation.kind == .early)
            #expect(violation.key == CouponKeys.log(scene.plain.root))
            #expect(violation.expected.hasPrefix("from ") && violation.found == "2 at 17")
            #expect(report.json.contains(#""violations_by_kind":{"early":1}"#))
            #expect(report.lines.map(\.violations) == [1] && report.text.contains("1 VIOLATIONS"))
            let others = try await fixture.audit { $0.campaign = scene.exact.number }
            #expect(others.isClean)
        }
    }

    @Test
    func `Users over their limit are counted once each`() async throws {
        try await CouponsFixture.with { fixture in
            let scene = try await AuditScene(fixture)
            try await fixture.rewrite(scene.exact.root) { lines in
                for index in lines.indices where lines[index]["kind"] == "issued" {
                    lines[index]["user"] = "gopal"
                }
            }
            try await fixture.send("DEL", .key(CouponKeys.users(scene.exact.root)))
            try await scene.set(CouponKeys.users(scene.exact.root), "gopal", "4")
            let report = try await fixture.audit { $0.campaign = scene.exact.number }
            #expect(report.violations.counts == [.userLimit: 2])
            #expect(report.lines.map(\.usersOverLimit) == [1] && report.lines.map(\.users) == [1])
        }
    }
}
