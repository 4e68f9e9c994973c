import Web

/// A key to be made, checked.
package struct APIKeyOrder: Hashable, Sendable {
    package let name: String
    package let scopes: [String]
    /// `nil` for ever.
    package let life: Duration?

    /// The systems that scopes are of, in the order of their names.
    package static let systems = ["coupons", "faucet", "ledger", "payments", "uniques"]

    /// Every scope there is.
    package static let allScopes = Self.systems.flatMap { system in
        Scope.Right.allCases.map { "\(system):\($0.rawValue)" }
    }

    /// The name is 1 to 64 of `A-Z a-z 0-9 . _ -`; there is one scope at least; a life is one second to 100 years.
    package init(name: String, scopes: [String], life: Duration?) throws(AccessError) {
        guard RequestID.isValid(name) else { throw .nameInvalid }
        let scopes = Set(scopes)
        guard !scopes.isEmpty else { throw .scopeInvalid("") }
        if let wrong = scopes.subtracting(Self.allScopes).min() { throw .scopeInvalid(wrong) }
        if let life { guard (.seconds(1)) ... .seconds(3_153_600_000) ~= life else { throw .lifeInvalid } }
        self.name = name
        self.scopes = scopes.sorted()
        self.life = life
    }
}
