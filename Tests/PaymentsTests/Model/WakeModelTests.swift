import Support
import Testing

/// Wake-ups do not breed: however things happen, messages are no more than payments and faults account for.
struct WakeModelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let program: SearchScenario.Program
        let pattern: WakeModel.Pattern

        var testDescription: String { "\(self.program.rawValue), \(self.pattern.rawValue)" }

        /// Messages for one payment.
        ///
        /// Of a whole one one, as the first with its payer. Of a split one one for lockers as the first with its payer,
        /// one as the first with its payee, one for appliers, and one for a lock that was given back because the other
        /// was not to be had.
        var each: Int { self.program == .whole ? 1 : 4 }
        /// And for one thing that goes wrong: a lost lock is taken again, and handed on again.
        ///
        /// A whole payment that is cancelled tells who is first, who may have been told before.
        var perFault: Int { self.program == .whole ? 1 : 4 }
    }

    static let cases = [SearchScenario.Program.whole, .split].flatMap { program in
        WakeModel.Pattern.allCases.map { Case(program: program, pattern: $0) }
    }

    @Test(arguments: Self.cases)
    func `a backlog drains, with no more messages than its payments and what goes wrong account for`(
        of given: Case
    ) async {
        for seed in Seed.cases(3) {
            var load = WakeModel.Load(program: given.program, pattern: given.pattern)
            load.faults = Int(seed.number % 4) * 10
            var model = WakeModel(load, seed: seed)
            let result = model.run(limit: 40_000)
            await Task.yield()
            #expect(result.violation == nil, "\(seed)")
            #expect(result.hasDrained, "\(seed): \(result)")
            let bound = given.each * load.payments + given.perFault * result.faults
            #expect(result.made <= bound, "\(seed): \(result), at most \(bound)")
            // Of one that was not taken, because another worker was at it, a worker is given the message again.
            let again = result.faults + (given.program == .split ? load.payments : 0)
            #expect(result.read <= result.made + again, "\(seed): \(result)")
            if given.program == .whole { #expect(result.sent == 0, "a look has made a message that was there") }
        }
    }

    /// The negative control: as it was, a few messages that come twice breed wake-ups, and the same bound is broken.
    @Test func `without turns there are more messages than payments and faults account for`() {
        let given = Case(program: .whole, pattern: .pairs)
        let excess = Seed.cases(8).map { seed in
            var load = WakeModel.Load(program: .whole, pattern: .pairs)
            load.hasTurns = false
            var model = WakeModel(load, seed: seed)
            let result = model.run(limit: 40_000)
            return result.made - given.each * load.payments - given.perFault * result.faults
        }
        print("without turns: \(excess) messages more than allowed")
        #expect(excess.contains { $0 > 100 })
    }
}
