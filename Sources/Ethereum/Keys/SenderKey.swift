/// The key of an account that pays.
///
/// It signs transactions, and tells nothing else but its address.
///
/// The secret lies in one locked page, is in no `String` and no array, and is wiped with the last reference. Signing
/// holds no lock: any number of threads may sign at once.
package final class SenderKey: Sendable {
    package let address: Address
    private let page: KeyPage
    private let publicKey: Secp256k1.PublicKey

    /// Reads a key from a file of 64 hexadecimal digits, with or without `0x` and a newline.
    ///
    /// The file is a regular one, belongs to this process's user or to root, and nobody else may do anything with it.
    package convenience init(contentsOf path: String) throws(SenderKeyError) {
        try self.init(try KeyPage(contentsOf: path))
    }

    /// One of Hardhat's well-known accounts, 0 to 9: everybody has its key.
    package static func development(_ index: Int) throws(SenderKeyError) -> SenderKey {
        guard DevelopmentKeys.secrets.indices.contains(index) else { throw .unknownAccount }
        return try SenderKey(try KeyPage(published: DevelopmentKeys.secrets[index]))
    }

    private init(_ page: KeyPage) throws(SenderKeyError) {
        guard Secp256k1.isReady else { throw .noCurve }
        guard let publicKey = Secp256k1.publicKey(page) else { throw .outOfRange }
        self.page = page
        self.publicKey = publicKey
        self.address = publicKey.address
    }

    /// Signs a transaction; the same one always gets the same bytes.
    ///
    /// The signature is checked before it is given out: the key that can be computed from it has to be this one.
    package func sign(_ transaction: Transaction) throws(SigningError) -> SignedTransaction {
        guard (1...Transaction.chainIDLimit).contains(transaction.chainID) else { throw .chainID }
        let hash = transaction.signingHash
        guard let signature = Secp256k1.sign(hash, with: self.page) else { throw .failed }
        guard Secp256k1.recover(signature, of: hash) == self.publicKey else { throw .unverified }
        return SignedTransaction(transaction, signature, sender: self.address)
    }
}

extension SenderKey: CustomReflectable {
    /// Nothing, so that no dump of a value that holds a key goes into it.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

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
