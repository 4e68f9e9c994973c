/// The version of this binary.
package enum Version {
    package static let number = "0.1.0"
    package static let swift = "6.3"
    /// The commit it was built from, as `scripts/build-release` was told; `unknown` in every other build.
    package static let commit = String(decoding: PackageResources.commit, as: UTF8.self)

    /// The answer of `/version`.
    package static var json: String {
        "{\"name\":\"tally\",\"version\":\"\(Self.number)\",\"commit\":\"\(Self.commit)\",\"swift\":\"\(Self.swift)\"}"
    }
}
