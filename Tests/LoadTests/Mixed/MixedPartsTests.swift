import Load
import Testing

@Suite struct MixedPartsTests {
    @Test func `a mix is read, and each kind comes as often as it says`() throws {
        let shares = try MixedShares("accept=3,coin=1")
        let all = (0..<4000).map { shares[UInt64($0)] }
        #expect(all.count { $0 == .accept } == 3000)
        #expect(all.count { $0 == .coin } == 1000)
        #expect(shares.has(.coin) && !shares.has(.add))
        #expect(MixedOperation.allCases.allSatisfy { MixedShares.standard.has($0) })
    }

    @Test(arguments: ["", "accept", "accept=", "accept=-1", "accept=1001", "accept=0", "accept=1,accept=1", "beer=1"])
    func `a mix of another form is refused`(text: String) {
        #expect(throws: LoadError.self) { _ = try MixedShares(text) }
    }

    @Test func `the same seed makes the same requests, and without keys nothing is sent twice`() throws {
        var configuration = MixedLoadConfiguration()
        configuration.rate = 1000
        configuration.seconds = 1
        configuration.runID = "run"
        let last = MixedPlan.LastPayment()
        let plan = try MixedPlan(configuration, campaign: 1, last: last)
        let again = try MixedPlan(configuration, campaign: 1, last: last)
        configuration.isKeyless = true
        let keyless = try MixedPlan(configuration, campaign: 1, last: last)
        for number in 0..<1000 {
            #expect(plan.request(number) == again.request(number))
            #expect(keyless.request(number).change?.key == nil)
            #expect(keyless.repeat(number) == .never)
            let isChange = plan.operation(number).isChange
            #expect(isChange || plan.repeat(number) == .never)
            let outcome = keyless.outcome(.closed, of: number)
            #expect(outcome == (isChange ? .lost(.broken(.closed)) : .again(.broken(.closed))))
            #expect(plan.outcome(.closed, of: number) == .again(.broken(.closed)))
        }
        #expect((0..<1000).contains { plan.repeat($0) != .never })
    }

    @Test func `only errors of the service are sent again`() throws {
        var configuration = MixedLoadConfiguration()
        configuration.shares = try MixedShares("balance=1")
        let plan = try MixedPlan(configuration, campaign: 1, last: MixedPlan.LastPayment())
        for (status, isAgain) in [(503, true), (502, true), (500, true), (404, false), (429, false)] {
            let outcome = plan.outcome(ExchangeAnswer(status: status, isKeepingAlive: true), of: 0)
            if case .again = outcome { #expect(isAgain) } else { #expect(!isAgain) }
        }
    }

    @Test func `retries need keys`() {
        var configuration = MixedLoadConfiguration()
        configuration.isKeyless = true
        configuration.retries = 1
        #expect(throws: LoadError.self) { _ = try configuration.validated() }
    }
}
