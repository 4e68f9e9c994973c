import Foundation

/// How long the fault tests run, and with which random choices.
///
/// Continuous integration runs one short round, `scripts/soak` long ones, each with another seed.
package enum Round {
    /// `TEST_SEED`, or 7.
    package static let seed = Seed(Self.environment("TEST_SEED", UInt64.init) ?? 7)

    /// `TEST_LENGTH`, at least 1: how many times as long as in continuous integration a fault lasts.
    package static let length = max(1, Self.environment("TEST_LENGTH", Double.init) ?? 1)

    /// A number of steps or seconds, for a round of this length.
    package static func long(_ count: Int) -> Int { Int(Double(count) * Self.length) }

    private static func environment<Value>(_ name: String, _ read: (String) -> Value?) -> Value? {
        ProcessInfo.processInfo.environment[name].flatMap(read)
    }
}

/// How much longer than on a quiet machine things may take before they count as hanging.
package enum Patience {
    /// The runner measures how slow the machine is, and says so in `TEST_PATIENCE`; others run beside us, too.
    package static let factor: Double = {
        let measured = ProcessInfo.processInfo.environment["TEST_PATIENCE"].flatMap { Double($0) } ?? 1
        return 3 * min(max(1, measured), 20)
    }()

    /// As many whole seconds, at most an hour, for a program that is told how long to wait.
    package static func seconds(_ count: Double) -> Int { Int(min(3600, count * self.factor)) }
}
