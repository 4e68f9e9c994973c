import Support

/// A backlog and those who work on it, with chance to say what happens next: the machines and scripts of the search,
/// on more than can be searched.
///
/// Time is not in it: whatever can happen may happen next, but for faults, of which there is a number, and a sweeper's
/// looks, which come once in a while.
struct WakeModel {
    struct Load: Sendable {
        var program = SearchScenario.Program.whole
        var pattern = Pattern.mixed
        var payments = 100
        var workers = 6
        /// Of each so many: workers that end, messages that come twice, leases that end, payments that are cancelled.
        var faults = 30
        /// As it was: every message of a payment that had ended made two more.
        var hasTurns = true
    }

    enum Pattern: String, Sendable, CaseIterable {
        case mixed
        case hotPayer
        case hotPayee
        case pairs
    }

    struct Result: Sendable {
        /// Messages that were made, and those that workers were given.
        var made = 0
        var read = 0
        /// Of the workers' messages, how many a sweeper made.
        var sent = 0
        /// Whatever went wrong.
        var faults = 0
        var hasDrained = false
        var violation: String?
    }

    private let load: Load
    private var state: SearchState
    private let scenario: SearchScenario
    private var random: SeededGenerator
    private static let accounts = 8

    init(_ load: Load, seed: Seed) {
        self.load = load
        var random = seed.random
        var scenario = SearchScenario(name: "a backlog", program: load.program)
        scenario.balances = Array(repeating: 200, count: Self.accounts)
        scenario.payments = (0..<load.payments).map { number in
            let from = Int.random(in: 0..<Self.accounts, using: &random)
            let to = (from + Int.random(in: 1..<Self.accounts, using: &random)) % Self.accounts
            let amount = Int64.random(in: 1...40, using: &random)
            return switch load.pattern {
            case .mixed: (from, to, amount)
            case .hotPayer: (0, max(to, 1), amount)
            case .hotPayee: (max(from, 1), 0, amount)
            case .pairs: (number % 2 + from / 2 * 2, 1 - number % 2 + from / 2 * 2, amount)
            }
        }
        scenario.workers = load.workers
        scenario.merges = false
        scenario.guards.hasTurns = load.hasTurns
        scenario.looks = 1_000_000
        (scenario.crashes, scenario.duplicates, scenario.cancels) = (load.faults, load.faults, load.faults)
        // Nobody sees a lock of a whole payment.
        scenario.expiries = load.program == .whole ? 0 : load.faults
        self.scenario = scenario
        self.state = SearchState(scenario)
        self.random = random
    }

    /// Lets things happen until nothing is left to do, or `limit` things have happened.
    mutating func run(limit: Int) -> Result {
        let start = SearchState(self.scenario)
        var result = Result()
        for step in 0..<limit {
            if self.hasDrained {
                result.hasDrained = true
                break
            }
            // A look each time nobody is at work, and else one in fifty.
            let events = self.state.events(self.scenario)
            let (looks, others) = (events.filter(\.isLook), events.filter { !$0.isLook && !$0.isFault })
            let faults = events.filter(\.isFault)
            let isLooking = others.isEmpty || Int.random(in: 0..<50, using: &self.random) == 0
            let isFault = !faults.isEmpty && Int.random(in: 0..<20, using: &self.random) == 0
            let choices = isFault ? faults : isLooking && !looks.isEmpty ? looks : others
            guard let event = choices.randomElement(using: &self.random) else { break }
            let before = self.state.store.nextMessage
            self.state = self.state.after(event, self.scenario)
            result.made = self.state.store.nextMessage - 1
            if event.isLook { result.sent += self.state.store.nextMessage - before }
            if event.isFault { result.faults += 1 }
            if case .deliver = event { result.read += 1 }
            if step.isMultiple(of: 64) || self.hasDrained {
                result.violation = self.state.violation(from: start)
                if result.violation != nil { break }
            }
        }
        return result
    }

    /// Nothing is left to do, and nothing is left behind.
    ///
    /// A worker of a split payment that was paused until the payment had ended, and then died, may leave a place. It
    /// goes when somebody waits behind it; here nobody does any more.
    private var hasDrained: Bool {
        guard self.scenario.program == .split else { return self.state.isFinished }
        return self.state.store.messages.isEmpty && self.state.jobs.allSatisfy { $0 == nil }
            && self.state.store.payments.allSatisfy { $0.state.isTerminal && !$0.isOpen && !$0.isInFlight }
    }
}

extension SearchEvent {
    fileprivate var isLook: Bool {
        if case .look = self { return true }
        return false
    }

    fileprivate var isFault: Bool {
        switch self {
        case .crash, .expire, .duplicate, .cancel, .bury: true
        case .deliver, .step, .look, .redrive: false
        }
    }
}
