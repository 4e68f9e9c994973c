package import Coordination
package import Ethereum

/// A request for one distribution: a coin for an address.
package struct DistributionOrder: Hashable, Sendable {
    package let address: Address
    package var requestID = ""
    /// `nil` without an idempotency key.
    package var claim: IdempotencyClaim?

    /// Reads the address; refuses the zero address.
    package init(address text: String) throws(FaucetError) {
        do { self.address = try Address.parse(text) } catch {
            switch error {
            case .invalid: throw .addressInvalid
            case .checksum: throw .addressChecksum
            }
        }
        guard self.address != .zero else { throw .addressForbidden }
    }

    /// The claim of this order's key.
    ///
    /// `GET` and `POST` are the same request: with one key there is one coin, whichever comes first.
    package func claim(caller: String, key: String) -> IdempotencyClaim {
        IdempotencyClaim(
            caller: caller,
            key: key,
            method: "POST",
            path: "/distribute",
            canonical: self.address.lowercased
        )
    }
}
