/// What a request has to be allowed, as its route says it: `ledger:write`, or nothing.
package struct Scope: Hashable, Sendable {
    /// What may be done to a system.
    package enum Right: String, CaseIterable, Sendable {
        /// Looking, without changing anything.
        case read
        /// What clients do all day.
        case write
        /// What only operators do.
        case admin
    }

    /// `nil` for what everybody may.
    package let name: String?

    private init(name: String?) {
        self.name = name
    }

    /// Everybody may, without a key.
    package static let open = Scope(name: nil)
    /// Whoever has any key may.
    package static let any = Scope(name: "")

    package static func read(_ system: String) -> Scope { Scope(name: "\(system):read") }
    package static func write(_ system: String) -> Scope { Scope(name: "\(system):write") }
    package static func admin(_ system: String) -> Scope { Scope(name: "\(system):admin") }
}
