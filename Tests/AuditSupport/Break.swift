import Testing

/// Something that somebody breaks in a store that is right, and exactly what an audit must say of it.
package struct Break<Kind: RawRepresentable<String> & Sendable, Fixture: Sendable>: Sendable,
    CustomTestStringConvertible
{
    package let name: String
    /// Kinds and the keys that they name.
    package let expected: Set<String>
    package let isUndecided: Bool
    package let run: @Sendable (Fixture) async throws -> Void

    package init(
        _ name: String,
        _ expected: [(Kind, String)],
        isUndecided: Bool = false,
        _ run: @Sendable @escaping (Fixture) async throws -> Void
    ) {
        self.name = name
        self.expected = Set(expected.map { "\($0.0.rawValue) \($0.1)" })
        self.isUndecided = isUndecided
        self.run = run
    }

    package var testDescription: String { self.name }
}
