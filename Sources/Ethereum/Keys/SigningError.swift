/// Why a transaction was not signed.
///
/// Signing it again has the same end.
package enum SigningError: Error, Hashable, Sendable {
    /// Chain 0 would make a transaction that is good on every chain; above 2⁶³ − 37 there is no `v`.
    case chainID
    /// libsecp256k1 made no signature that a transaction can carry.
    case failed
    /// The signature is not the key's: memory or processor are broken, and nothing of it left the process.
    case unverified
}
