import Load
import Testing

struct PaymentPartsTests {
    @Test(arguments: 0..<200)
    func `an id comes back as it was`(seed: Int) throws {
        var random = Seeded(seed)
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let ulid = (0..<26).map { digits[Int.random(in: 0..<($0 == 0 ? 8 : 32), using: &random)] }
        let suffix = ["", "R1", "R9", "R42"][seed % 4]
        let text = "s\(seed % 64 < 10 ? "0" : "")\(seed % 64)-\(String(ulid))\(suffix)"
        let id = try #require(PaymentULID(text))
        #expect(id.description == text)
    }

    @Test(arguments: [
        "", "s07", "s07-01KAJ2PQRSTVWXYZ000000000", "s07-01KAJ2PQRSTVWXYZ00000000011", "s07-01KAJ2PQRSTVWXYZ000000000I",
        "s07-81KAJ2PQRSTVWXYZ0000000001", "s7a-01KAJ2PQRSTVWXYZ0000000001", "t07-01KAJ2PQRSTVWXYZ0000000001",
        "s07-01KAJ2PQRSTVWXYZ0000000001R", "s07-01KAJ2PQRSTVWXYZ0000000001R0", "s07-01KAJ2PQRSTVWXYZ0000000001R123",
        "s07-01kaj2pqrstvwxyz0000000001", "s07_01KAJ2PQRSTVWXYZ0000000001",
    ])
    func `what is no id is refused`(text: String) { #expect(PaymentULID(text) == nil) }

    @Test(arguments: PaymentPattern.allCases)
    func `a pattern has two sides and is the same for the same seed`(pattern: PaymentPattern) {
        var configuration = PaymentsLoadConfiguration()
        configuration.accounts = 23
        configuration.pattern = pattern
        configuration.mode = .closed(count: 4000)
        configuration.repeatShare = 0.2
        let plan = PaymentPlan(configuration)
        var again = configuration
        again.runID = "another0"
        let other = PaymentPlan(again)
        let sides = (0..<plan.count).map(plan.sides)
        #expect(sides.allSatisfy { $0 != $1 && (0..<23).contains($0) && (0..<23).contains($1) })
        #expect((0..<plan.count).allSatisfy { plan.sides($0) == other.sides($0) && plan.cents($0) == other.cents($0) })
        #expect((0..<plan.count).allSatisfy { (1...10_000).contains(plan.cents($0)) })
        #expect((600..<1000).contains((0..<plan.count).count { plan.repeat($0) != .never }))
        let keys = Set((0..<plan.count).compactMap { plan.request($0).change?.key })
        #expect(keys.count == 4000)
        #expect(keys.isDisjoint(with: (0..<plan.count).compactMap { other.request($0).change?.key }))
        let (firstPays, firstGets) = (sides.count { $0.from == 0 }, sides.count { $0.to == 0 })
        switch pattern {
        case .uniform: #expect(firstPays < 300 && firstGets < 300)
        case .hotPayer: #expect((1800..<2200).contains(firstPays) && firstGets < 300)
        case .hotPayee: #expect((1800..<2200).contains(firstGets) && firstPays < 300)
        case .pairs: #expect(sides.allSatisfy { $0 / 2 == $1 / 2 })
        case .rings: #expect(sides.allSatisfy { $0 / 5 == $1 / 5 && ($0 + 1) % 5 == $1 % 5 })
        case .mixed: #expect((300..<800).contains(firstPays) && (300..<800).contains(firstGets))
        }
    }

    @Test
    func `the oldest payment is looked at first, and what is not over again later`() {
        let queue = FollowQueue()
        let delay: Int64 = 200_000_000
        queue.append(1, at: 0)
        queue.append(2, at: 10)
        #expect(queue.next(at: delay - 5) == .wait(5))
        #expect(queue.next(at: 0) == .wait(20_000_000))
        #expect(queue.next(at: delay) == .look(1))
        queue.looked(1, isOver: false, at: delay + 5)
        #expect(queue.next(at: 3 * delay) == .look(2))
        #expect(queue.next(at: 3 * delay) == .look(1))
        queue.looked(1, isOver: true, at: 3 * delay)
        #expect(queue.next(at: 3 * delay) == .wait(20_000_000))
        queue.finish(at: 9 * delay)
        // One is still looked at, and may come back.
        #expect(queue.next(at: 3 * delay) == .wait(20_000_000))
        queue.looked(2, isOver: true, at: 3 * delay)
        #expect(queue.next(at: 3 * delay) == .over)
        queue.append(3, at: 8 * delay)
        #expect(queue.next(at: 9 * delay) == .over)
    }

    @Test
    func `times with milliseconds are read exactly`() {
        #expect(RFC3339.milliseconds("1970-01-01T00:00:01.025Z") == 1025)
        let whole = RFC3339.seconds("2026-11-21T10:00:00Z").map { $0 * 1000 }
        #expect(RFC3339.milliseconds("2026-11-21T10:00:00.999Z") == whole.map { $0 + 999 })
        for text in ["2026-11-21T10:00:00Z", "2026-11-21T10:00:00.99Z", "2026-11-21T10:00:00.9999Z", "", "x"] {
            #expect(RFC3339.milliseconds(text) == nil)
        }
    }

    @Test(
        arguments: [
            ("1000", 100_000), ("12.5", 1250), ("12.50", 1250), ("0.01", 1), ("", nil), ("12.", nil), ("1.234", nil),
            ("a", nil), ("1.2.3", nil), (".5", nil),
        ] as [(String, Int64?)]
    )
    func `amounts are read as people write them`(text: String, cents: Int64?) {
        #expect(Cents.readLoosely(text) == cents)
    }

    @Test(
        arguments: [
            { $0.accounts = 1 }, { $0.balance = 0 }, { $0.mode = .closed(count: 0) },
            { $0.mode = .open(rate: 0, seconds: 1) }, { $0.mode = .open(rate: 100_000, seconds: 100) },
            { $0.largestCents = 0 }, { $0.ringSize = 1 }, { $0.connections = 0 }, { $0.connectionLimit = 0 },
            { $0.followers = 0 }, { $0.repeatShare = .nan }, { $0.threads = 9 }, { $0.requestTimeout = .zero },
            { $0.timeLimit = .zero }, { $0.settleWait = .seconds(-1) }, { $0.urls = [] },
            {
                $0.accounts = 4
                $0.pattern = .rings
            },
        ] as [@Sendable (inout PaymentsLoadConfiguration) -> Void]
    )
    func `a setting outside its range is refused`(change: @Sendable (inout PaymentsLoadConfiguration) -> Void) throws {
        var configuration = PaymentsLoadConfiguration()
        _ = try configuration.validated()
        change(&configuration)
        do {
            _ = try configuration.validated()
            Issue.record("it was accepted")
        } catch {
            guard case .badArgument = error else { throw error }
        }
    }
}
