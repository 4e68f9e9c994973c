import Redis

/// The kinds of violations of one audit: `rawValue` is the kind's name in reports.
package protocol ViolationKind: RawRepresentable<String>, Hashable, Sendable, CaseIterable {
    /// How many characters of what was expected and of what was found are kept; 300 by default.
    static var textLimit: Int { get }
}

extension ViolationKind {
    package static var textLimit: Int { 300 }
}

/// One thing that is not as it must be, and where.
package struct Violation<Kind: ViolationKind>: Hashable, Sendable {
    package let kind: Kind
    package let key: String
    /// The entry of the key where it shows; `nil` when it is about the whole.
    package let sequence: Int64?
    package let expected: String
    package let found: String

    /// Texts may come from anywhere: they are made fit for a terminal.
    package init(
        _ kind: Kind,
        _ key: String,
        sequence: Int64? = nil,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        self.kind = kind
        self.key = LoggedText.printable(key, limit: 300)
        self.sequence = sequence
        self.expected = LoggedText.printable(expected.description, limit: Kind.textLimit)
        self.found = LoggedText.printable(found.description, limit: Kind.textLimit)
    }
}

/// How many violations there are, and the first of them.
package struct Violations<Kind: ViolationKind>: Hashable, Sendable {
    /// How many are kept and reported one by one.
    package static var limit: Int { 100 }

    package private(set) var first: [Violation<Kind>] = []
    package private(set) var counts: [Kind: Int] = [:]

    package init() {}

    package var total: Int { self.counts.values.reduce(0, +) }

    /// How many were found, but are not among ``first``.
    package var untold: Int { self.total - self.first.count }

    package mutating func append(_ violation: Violation<Kind>) {
        self.counts[violation.kind, default: 0] += 1
        if self.first.count < Self.limit { self.first.append(violation) }
    }

    /// The counts by name, which stand in reports.
    package var named: [String: Int] {
        Dictionary(uniqueKeysWithValues: self.counts.map { ($0.key.rawValue, $0.value) })
    }
}
