/// A kind of wrong that a load can find; its name stands in reports for programs.
package protocol FindingKind: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The violation in words, for people.
    var sentence: String { get }
}

/// The violations that were found: how often, and one example of each kind.
package struct Findings<Kind: FindingKind>: Hashable, Sendable {
    package struct Found: Hashable, Sendable {
        package var count: Int
        package let example: String
    }

    package private(set) var found: [Kind: Found] = [:]

    package init() {}

    package mutating func add(_ violation: Kind, _ example: String) {
        if self.found[violation] == nil {
            self.found[violation] = Found(count: 1, example: example)
        } else {
            self.found[violation]?.count += 1
        }
    }

    package mutating func add(_ other: Findings) {
        self.found.merge(other.found) { Found(count: $0.count + $1.count, example: $0.example) }
    }

    /// A sentence and an example for each kind.
    package var complaints: [String] {
        Kind.allCases.compactMap { violation in
            self.found[violation].map { "\($0.count) times: \(violation.sentence); the first: \($0.example)" }
        }
    }

    /// How often each kind was found, by its name.
    package var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: self.found.map { ($0.key.rawValue, $0.value.count) })
    }
}
