/// One part of a load of the faucet: how many requests, and when they are sent.
package enum DistributionPhase: Hashable, Sendable {
    /// Each one after the answer to the one before (1 to 1 000 000).
    case sequence(Int)
    /// All together, each on a connection of its own (1 to 10 000).
    case atOnce(Int)
    /// Requests per second (1 to 100 000) at a fixed pace for so many seconds (1 to 86 400), however slow the answers
    /// are.
    case open(rate: Int, seconds: Int)

    package var count: Int {
        switch self {
        case .sequence(let count), .atOnce(let count): count
        case .open(let rate, let seconds): rate * seconds
        }
    }

    /// Requests per second at a fixed pace.
    package var rate: Int? {
        guard case .open(let rate, _) = self else { return nil }
        return rate
    }

    package var name: String {
        switch self {
        case .sequence: "sequence"
        case .atOnce: "at once"
        case .open: "open"
        }
    }

    /// After this it ends, finished or not: 600 s, at a fixed pace its seconds and 60 more.
    package var timeLimit: Duration {
        guard case .open(_, let seconds) = self else { return .seconds(600) }
        return .seconds(seconds + 60)
    }

    func check() throws(LoadError) {
        switch self {
        case .sequence(let count): try LoadSetting.check("--sequence", count, 1...1_000_000)
        case .atOnce(let count): try LoadSetting.check("--at-once", count, 1...10_000)
        case .open(let rate, let seconds):
            try LoadSetting.check("--rate", rate, 1...100_000)
            try LoadSetting.check("--seconds", seconds, 1...86_400)
        }
    }
}
