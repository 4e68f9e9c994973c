/// The right that a route demands of its callers: `ledger:write`, say, or none.
package struct Scope: Hashable, Sendable {
    /// A kind of action on a system.
    package enum Right: String, CaseIterable, Sendable {
        /// Looking, without changing anything.
        case read
        /// The everyday requests of clients.
        case write
        /// The requests that only operators make.
        case admin
    }

    /// `nil` for what everybody may.
    package let name: String?

    private init(name: String?) {
        self.name = name
    }

    /// Everybody may, without a key.
    package static let open = Scope(name: nil)
    /// The scope that every valid key has.
    package static let any = Scope(name: "")

    package static func read(_ system: String) -> Scope { Scope(name: "\(system):read") }
    package static func write(_ system: String) -> Scope { Scope(name: "\(system):write") }
    package static func admin(_ system: String) -> Scope { Scope(name: "\(system):admin") }
}
