import Load
import Testing

struct LedgerPartsTests {
    @Test(arguments: 0..<200)
    func `money is read as it was written, and only so`(seed: Int) {
        var random = Seeded(seed)
        let cents = Int64.random(in: -10_000_000...10_000_000_000_000_000, using: &random)
        let text = Cents.text(cents)
        #expect(Cents.read(text) == cents)
        for other in ["+\(text)", " \(text)", "0\(text)", "\(text)0", String(text.dropLast()), "\(text) ", "1,\(text)"]
        {
            #expect(Cents.read(other) == nil)
        }
        #expect(text == Cents.shortestText(cents) || text.hasPrefix(Cents.shortestText(cents)))
    }

    @Test(arguments: ["", ".", "1", "1.", ".50", "1.5", "-0.00", "99999999999999999999.00", "1.00.00", "1-.00", "٣.00"])
    func `what is not money is refused`(text: String) {
        #expect(Cents.read(text) == nil)
    }

    @Test(arguments: [(1, "0.01", "0.01"), (10, "0.10", "0.1"), (100, "1.00", "1"), (50_000, "500.00", "500")])
    func `money has a long and a short text`(cents: Int64, long: String, short: String) {
        #expect(Cents.text(cents) == long)
        #expect(Cents.shortestText(cents) == short)
    }

    @Test(arguments: 0..<30)
    func `a plan gives each user its adds, mixed, and is the same for the same seed`(seed: Int) {
        var configuration = LedgerLoadConfiguration()
        configuration.seed = seed
        configuration.users = 40
        configuration.mode = .closed(transactions: 50)
        configuration.repeatShare = 0.2
        let plan = AddPlan(configuration)
        #expect(plan.count == 2000)
        let users = (0..<plan.count).map(plan.userIndex)
        for user in 0..<40 { #expect(users.count { $0 == user } == 50) }
        #expect(zip(users, users.dropFirst()).count { $0 == $1 } > 500)
        #expect(Set(users.prefix(100)).count > 10)
        let amounts = (0..<plan.count).map(plan.cents)
        #expect(amounts.allSatisfy { (1...100_000).contains($0) })
        #expect(Set(amounts).count > 1900)
        let repeats = (0..<plan.count).map(plan.repeat)
        #expect((300..<500).contains(repeats.count { $0 != .never }))
        #expect(repeats.contains(.atOnce) && repeats.contains(.afterwards))
        var again = configuration
        again.runID = "another0"
        let other = AddPlan(again)
        #expect(
            (0..<plan.count).allSatisfy {
                plan.userIndex($0) == other.userIndex($0) && plan.cents($0) == other.cents($0)
            }
        )
        let keys = Set((0..<plan.count).compactMap { plan.request($0).change?.key })
        #expect(keys.count == 2000)
        #expect(keys.isDisjoint(with: (0..<plan.count).compactMap { other.request($0).change?.key }))
    }

    @Test
    func `shares of none and of all repeat none and all`() {
        for (share, count) in [(0.0, 0), (1.0, 100)] {
            var configuration = LedgerLoadConfiguration()
            configuration.mode = .open(rate: 100, seconds: 1)
            configuration.repeatShare = share
            let plan = AddPlan(configuration)
            #expect((0..<100).count { plan.repeat($0) != .never } == count)
        }
    }

    @Test
    func `what is sent again waits for its target, unless that has no connection`() {
        let fresh = RequestSchedule(total: 2, first: 0, stride: 1, ids: nil, interval: nil, start: 0)
        var schedule = ChangeSchedule(fresh, targets: 2)
        schedule.opened(0)
        schedule.opened(1)
        guard let first = schedule.next(at: 1, target: 0) else {
            Issue.record("nothing to send")
            return
        }
        var again = first
        again.target = schedule.target(after: first.target)
        schedule.send(again)
        #expect(schedule.next(at: 1, target: 0)?.number == 1)
        #expect(schedule.next(at: 1, target: 0) == nil)
        #expect(schedule.hasReady)
        schedule.closed(1)
        #expect(schedule.next(at: 1, target: 0) == again)
        #expect(!schedule.hasReady)
        #expect(schedule.untaken == 0)
    }

    @Test(
        arguments: [
            { $0.mode = .closed(transactions: 0) }, { $0.mode = .open(rate: 0, seconds: 1) }, { $0.connections = 0 },
            { $0.mode = .open(rate: 1_000_000, seconds: 11) }, { $0.users = 0 }, { $0.repeatShare = 1.1 },
            { $0.repeatShare = .nan }, { $0.threads = 9 }, { $0.requestTimeout = .zero }, { $0.timeLimit = .zero },
            { $0.urls = [] }, { $0.urls = ["x"] }, { $0.settleWait = .seconds(-1) }, { $0.userPrefix = "" },
            { $0.userPrefix = "a b" }, { $0.userPrefix = String(repeating: "a", count: 51) },
        ] as [@Sendable (inout LedgerLoadConfiguration) -> Void]
    )
    func `a setting outside its range is refused`(change: @Sendable (inout LedgerLoadConfiguration) -> Void) throws {
        var configuration = LedgerLoadConfiguration()
        _ = try configuration.validated()
        change(&configuration)
        do {
            _ = try configuration.validated()
            Issue.record("it was accepted")
        } catch {
            guard case .badArgument = error else { throw error }
        }
    }

    @Test
    func `a bar is redrawn once a second, and elsewhere a line comes every five`() {
        var progress = ChangeProgress(phase: .sending, done: 50, total: 100, failed: 1, elapsed: .seconds(1))
        var bar = ChangeProgressBar(isTerminal: true, width: 10)
        #expect(bar.text(for: progress) == "\radds [#####.....] 50 %  50/100  50/s  failed 1\u{1B}[K")
        progress.elapsed = .milliseconds(1900)
        #expect(bar.text(for: progress) == nil)
        progress.elapsed = .seconds(2)
        #expect(bar.text(for: progress) != nil)
        #expect(bar.end() == "\r\u{1B}[K")
        #expect(bar.end() == "")
        var lines = ChangeProgressBar(isTerminal: false, width: 2)
        #expect(lines.text(for: progress)?.hasSuffix("\n") == true)
        progress.elapsed = .seconds(6)
        #expect(lines.text(for: progress) == nil)
        progress = ChangeProgress(phase: .checking, done: 0, total: 5, retries: 2, elapsed: .zero)
        #expect(lines.text(for: progress) == "check [..] 0 %  0/5  0/s  sent again 2\n")
        #expect(lines.end() == "")
    }
}
