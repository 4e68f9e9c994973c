/// A transaction with its signature: bytes that any node takes, and the hash under which it is known.
///
/// The signature has been checked against the sender when there is one of these.
package struct SignedTransaction: Hashable, Sendable {
    package let transaction: Transaction
    package let signature: Signature
    package let sender: Address
    package let raw: [UInt8]
    package let hash: Hash32

    /// For those who know that the signature is the sender's.
    init(_ transaction: Transaction, _ signature: Signature, sender: Address) {
        self.transaction = transaction
        self.signature = signature
        self.sender = sender
        self.raw = transaction.encoded(with: signature)
        self.hash = Keccak256.hash(self.raw)
    }
}
