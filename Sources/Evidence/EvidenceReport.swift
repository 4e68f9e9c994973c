/// The findings of an audit: its own figures, and its violations.
///
/// An audit says what it counted, in ``figures`` for programs and in ``summary`` for people. This file writes the
/// rest of every report: the verdict, the violations, what is undecided, and how long it took.
package protocol EvidenceReport<Kind>: Sendable {
    associatedtype Kind: ViolationKind

    var violations: Violations<Kind> { get set }
    var undecided: [Undecided] { get set }
    var elapsed: Duration { get set }

    /// The audit's own figures, by their names in JSON.
    var figures: Figures { get }
    /// The same figures for people, a line each.
    var summary: [String] { get }
    /// The sentence behind `CLEAN: `.
    var cleanSentence: String { get }
    /// The sentence behind `UNDECIDED: `.
    var undecidedSentence: String { get }
    /// The verdict of this report and of those that it stands on.
    var verdict: Verdict { get }
    /// All of the report for programs.
    var document: Figures { get }
}

extension EvidenceReport {
    package var undecidedSentence: String { "no violation found, but not all could be told" }

    package var verdict: Verdict { self.ownVerdict }

    package var document: Figures { Self.heading(self.verdict).adding(self.members) }

    package var isClean: Bool { self.verdict == .clean }

    /// 0 clean, 1 violations, 3 undecided.
    package var exitCode: Int32 { self.verdict.exitCode }

    /// The verdict of this report alone.
    package var ownVerdict: Verdict { Verdict(violations: self.violations.total, undecided: self.undecided.count) }

    // MARK: Finding

    /// Texts may come from anywhere.
    package mutating func violate(
        _ kind: Kind,
        _ key: String,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        self.violations.append(Violation(kind, key, expected, found))
    }

    package mutating func add(_ violations: some Sequence<Violation<Kind>>) {
        for violation in violations { self.violations.append(violation) }
    }

    /// Calls something undecided.
    package mutating func leave(_ key: String, _ reason: String) { self.undecided.append(Undecided(key, reason)) }

    // MARK: For programs

    /// One JSON object on one line, names in order of the alphabet.
    package var json: String { self.document.json }

    /// The verdict's members of a document.
    package static func heading(_ verdict: Verdict) -> Figures {
        ["clean": verdict == .clean, "exit_code": verdict.exitCode]
    }

    /// The figures and what was found, without the verdict.
    package var members: Figures {
        let violations = self.violations.first.map { violation -> Figures in
            [
                "kind": violation.kind.rawValue, "key": violation.key, "sequence": violation.sequence,
                "expected": violation.expected, "found": violation.found,
            ]
        }
        return self.figures.adding([
            "elapsed_seconds": self.elapsed / .seconds(1), "violations_total": self.violations.total,
            "violations_by_kind": self.violations.named, "violations": violations,
            "undecided": self.undecided.map { ["key": $0.key, "reason": $0.reason] },
        ])
    }

    // MARK: For people

    package var text: String {
        var lines = self.summary + [""]
        lines += self.undecided.map { "UNDECIDED  \($0.key): \($0.reason)" }
        lines += self.violations.first.map { violation in
            let place = violation.sequence.map { ", entry \($0)" } ?? ""
            return "VIOLATION  \(violation.kind.rawValue) in \(violation.key)\(place): expected \(violation.expected), "
                + "found \(violation.found)"
        }
        if self.violations.untold > 0 { lines.append("           and \(self.violations.untold) more") }
        lines.append("\(self.ownVerdict.headline): \(self.conclusion)")
        return lines.joined(separator: "\n")
    }

    private var conclusion: String {
        switch self.ownVerdict {
        case .clean: return self.cleanSentence
        case .undecided: return self.undecidedSentence
        case .violated:
            let counts = self.violations.named.map { "\($0.key): \($0.value)" }.sorted()
            return "\(self.violations.total) (\(counts.joined(separator: ", ")))"
        }
    }
}

/// Figures as people read them in reports.
package enum FigureText {
    /// One decimal; `String(format:)` is in full Foundation only.
    package static func tenths(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e15 else { return "?" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    package static func seconds(_ duration: Duration) -> String { Self.tenths(duration / .seconds(1)) }
}
