import CouponAPI
import Load
import Testing

/// Evidence of right services passes, and whatever is made wrong in it is named.
struct CouponCheckTests {
    @Test(arguments: 0..<300)
    func `evidence of a right service is without a complaint`(seed: Int) {
        var random = Seeded(seed)
        let evidence = CouponSample.evidence { sample in
            sample.seed = seed
            sample.quota = Int.random(in: 1...60, using: &random)
            sample.issues = Int.random(in: 0...90, using: &random)
            sample.limit = seed.isMultiple(of: 3) ? Int.random(in: 1...8, using: &random) : 0
            sample.users = sample.limit == 0 && seed.isMultiple(of: 2) ? 0 : 7
            sample.before = seed.isMultiple(of: 5) && sample.limit == 0 ? min(sample.quota, 3) : 0
            sample.isLeased = Bool.random(using: &random)
            sample.lost = Set((0..<8).map { _ in Int.random(in: 0..<90, using: &random) })
            sample.carriedOut = sample.lost.filter { _ in Bool.random(using: &random) }
        }
        #expect(CouponCheck.findings(evidence).complaints == [])
    }

    @Test
    func `what could not be read leaves the answers alone to be judged`() {
        var evidence = CouponSample.evidence()
        evidence.listing = nil
        #expect(CouponCheck.findings(evidence).complaints == [])
        evidence.issues[0].state = evidence.issues[1].state
        #expect(Set(CouponCheck.findings(evidence).found.keys) == [.handedTwice])
    }

    @Test(arguments: Lie.answers + Lie.refusals + Lie.lists + Lie.campaigns)
    func `what is made wrong is named, and nothing else`(lie: Lie) {
        var evidence = CouponSample.evidence(lie.sample)
        #expect(CouponCheck.findings(evidence).complaints == [])
        lie.change(&evidence)
        let findings = CouponCheck.findings(evidence)
        #expect(Set(findings.found.keys) == lie.violations, "\(findings.complaints)")
    }

    @Test
    func `every kind of wrong that the check knows is among these`() {
        let lies = Lie.answers + Lie.refusals + Lie.lists + Lie.campaigns
        let others: Set<CouponViolation> = [.stale, .unread]
        #expect(lies.reduce(into: others) { $0.formUnion($1.violations) } == Set(CouponViolation.allCases))
    }

    @Test
    func `codes that nobody got fit the doubts of their users only`() {
        var evidence = CouponSample.evidence { ($0.lost, $0.carriedOut) = ([4, 14], []) }
        let (first, second) = (evidence.users[4] ?? "", evidence.users[14] ?? "")
        #expect(first != second)
        evidence.tell { $0.append("가가가1", user: first) }
        #expect(CouponCheck.findings(evidence).complaints == [])
        evidence.tell { $0.append("가가가2", user: second) }
        #expect(CouponCheck.findings(evidence).complaints == [])
        evidence.tell { $0.append("가가가3", user: first) }
        #expect(CouponCheck.findings(evidence).found[.unexpected]?.count == 1)
        evidence.tell { $0.append("가가가4", user: second) }
        #expect(CouponCheck.findings(evidence).found[.unexpected]?.count == 2)
    }

    @Test
    func `looks find what is not listed yet, and what was listed once`() {
        let looks = CouponLooks(CouponSample.evidence().campaign)
        looks.look(["가1", "가2"], handed: ["가1"])
        looks.look(["가1", "가2", "가3"], handed: ["가1", "가2"])
        looks.end(["가3", "가2", "가1"])
        #expect(looks.findings.complaints == [] && looks.count == 2)
        looks.look(["가1", "가2", "가3"], handed: ["가1", "가4"])
        #expect(looks.findings.found[.stale]?.example == "가4")
        looks.look(["가1", "가3"], handed: [])
        #expect(looks.findings.found[.vanished]?.example == "가2")
        looks.end(["가1", "가2"])
        #expect(looks.findings.found[.vanished]?.count == 2)
        looks.look((0...40).map { "가\($0)" }, handed: [])
        #expect(looks.findings.found[.oversold]?.count == 1)
    }
}
