/// The code keys that a process has, by version; the newest makes the codes of new campaigns.
package struct CodeRing: Sendable {
    package let keys: [CodeKey]
    /// The names of all keys, as scripts look them up.
    let text: String
    private let codes: [CouponCodes]

    /// `nil` when two keys have one version.
    package init?(_ keys: [CodeKey]) {
        guard Set(keys.map(\.version)).count == keys.count else { return nil }
        self.keys = keys.sorted { $0.version < $1.version }
        self.codes = self.keys.map(CouponCodes.init)
        self.text = " " + self.keys.map { "\($0.name) " }.joined()
    }

    package var newest: CodeKey? { self.keys.last }

    /// The codes of a campaign whose record names this key; `nil` when it is not here.
    package func codes(_ name: String) -> CouponCodes? { self.codes.first { $0.key.name == name } }

    /// The coupon that a code names, and the key that made it; `nil` for one that no key here can have made.
    package func coupon(_ code: CouponCode) -> (key: CodeKey, number: CouponNumber)? {
        guard let codes = self.codes.first(where: { $0.key.version == code.version }),
            let number = codes.number(code)
        else { return nil }
        return (codes.key, number)
    }
}
