/// What this binary is.
package enum Version {
    package static let number = "0.1.0"
    package static let swift = "6.3"

    /// The answer of `/version`.
    package static var json: String {
        "{\"name\":\"tally\",\"version\":\"\(Self.number)\",\"swift\":\"\(Self.swift)\"}"
    }
}
