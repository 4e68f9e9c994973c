import Glibc
import Synchronization
import SystemPackage
import Timing

/// Named places where a test makes the process fail: off unless a setting names them.
///
/// `payments.debit.after=drop@3` loses the third reply of that step; actions are `drop`, `kill`, `kill:<file>` and
/// `sleep:<ms>`, and without `@n` they happen each time. Each place counts how often it was passed, so that a test can
/// see that it was.
package final class Failpoints: Sendable {
    package enum Action: Hashable, Sendable {
        /// The reply is thrown away, as if the connection had been cut behind the request.
        case drop
        /// The process ends as by SIGKILL; with a path, only the one that makes the file, which was not there before.
        ///
        /// A process that died at the same place in each of its lives would never get past it.
        case kill(once: String?)
        case sleep(milliseconds: Int)
    }

    package struct Rule: Hashable, Sendable {
        package let point: String
        package let action: Action
        /// The pass at which it happens, from 1; each one when it is `nil`.
        package let pass: Int?

        /// Reads `point=action` or `point=action@pass`; `nil` for anything else.
        package init?(_ text: String) {
            let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { return nil }
            let words = sides[1].split(separator: "@", maxSplits: 1).map(String.init)
            let action = words.first?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
            switch (action.first, action.count) {
            case ("drop", 1): self.action = .drop
            case ("kill", _): self.action = .kill(once: action.dropFirst().first)
            case ("sleep", 2):
                guard let milliseconds = Int(action[1]), (0...600_000).contains(milliseconds) else { return nil }
                self.action = .sleep(milliseconds: milliseconds)
            default: return nil
            }
            self.point = sides[0]
            if words.count == 2 {
                guard let pass = Int(words[1]), pass >= 1 else { return nil }
                self.pass = pass
            } else {
                self.pass = nil
            }
        }
    }

    private let rules: [String: [Rule]]
    private let passes = Mutex<[String: Int]>([:])

    package init(_ rules: [Rule] = []) {
        self.rules = Dictionary(grouping: rules, by: \.point)
    }

    /// Whether any place is named; when not, ``pass(_:)`` costs nothing.
    package var isArmed: Bool { !self.rules.isEmpty }

    /// How often a place was passed, once a rule names any.
    package func count(_ point: String) -> Int { self.passes.withLock { $0[point, default: 0] } }

    /// Goes through a place; `true` says that the reply is to be dropped.
    package func pass(_ point: String) async -> Bool {
        guard self.isArmed else { return false }
        let pass = self.passes.withLock { passes in
            passes[point, default: 0] += 1
            return passes[point, default: 0]
        }
        var isDropped = false
        for rule in self.rules[point] ?? [] where rule.pass == nil || rule.pass == pass {
            switch rule.action {
            case .drop: isDropped = true
            case .kill(let path): if path.map(Self.makes) ?? true { kill(getpid(), SIGKILL) }
            case .sleep(let milliseconds): try? await Task.sleep(for: .milliseconds(milliseconds), clock: .loop)
            }
        }
        return isDropped
    }

    private static func makes(_ path: String) -> Bool {
        let options: FileDescriptor.OpenOptions = [.create, .exclusiveCreate, .closeOnExec]
        // A process that finds the file there has not made it.
        guard
            let file = try? FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: options,
                permissions: .ownerReadWrite
            )
        else { return false }
        // An empty file loses nothing.
        try? file.close()
        return true
    }
}
