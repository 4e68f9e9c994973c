/// The outcome of an audit, one word for JSON, text and exit code.
package enum Verdict: Int32, Hashable, Sendable, CaseIterable {
    case clean = 0
    /// At least one thing is not as it must be.
    case violated = 1
    /// Nothing is violated, but not all could be told.
    case undecided = 3

    /// Violations outweigh what could not be told.
    package init(violations: Int, undecided: Int) {
        self = violations > 0 ? .violated : undecided > 0 ? .undecided : .clean
    }

    /// The exit code of the command that audits; an audit that could not read has no verdict.
    package var exitCode: Int32 { self.rawValue }

    /// The first word of a report's last line.
    package var headline: String {
        switch self {
        case .clean: "CLEAN"
        case .violated: "VIOLATED"
        case .undecided: "UNDECIDED"
        }
    }

    /// The verdict of two reports together.
    package func and(_ other: Verdict) -> Verdict {
        self == .violated || other == .violated ? .violated : self == .clean ? other : self
    }
}

/// Something that could not be proven, and is no violation.
package struct Undecided: Hashable, Sendable {
    package let key: String
    package let reason: String

    package init(_ key: String, _ reason: String) {
        self.key = key
        self.reason = reason
    }
}
