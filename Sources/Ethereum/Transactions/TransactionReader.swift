/// Why bytes are no signed transaction that this module knows.
package enum TransactionError: Error, Hashable, Sendable {
    /// Not RLP, or not the items of a transaction.
    case malformed
    /// Of another type, without a recipient, or with an access list.
    case unsupported
    /// No key made this signature, or s is in the upper half.
    case signature
}

extension SignedTransaction {
    /// Reads the bytes that nodes take, and finds out who signed them.
    package init(raw: [UInt8]) throws(TransactionError) {
        let transaction: Transaction
        let signature: Signature
        switch raw.first {
        case .some(0xC0...): (transaction, signature) = try Self.legacy(raw)
        case Transaction.feeMarketType: (transaction, signature) = try Self.feeMarket([UInt8](raw.dropFirst()))
        case .some(0..<0x80): throw .unsupported
        default: throw .malformed
        }
        guard let key = Secp256k1.recover(signature, of: transaction.signingHash) else { throw .signature }
        self.init(transaction, signature, sender: key.address)
    }

    private static func legacy(_ raw: [UInt8]) throws(TransactionError) -> (Transaction, Signature) {
        var fields = try TransactionFields(raw, count: 9)
        let nonce = try fields.short()
        let gasPrice = try fields.number()
        let gasLimit = try fields.short()
        let to = try fields.address()
        let value = try fields.number()
        let data = try fields.bytes()
        let v = try fields.short()
        guard v == 27 || v == 28 || v > 36 else { throw .malformed }
        let transaction = LegacyTransaction(
            chainID: v > 36 ? (v - 35) / 2 : 0,
            nonce: nonce,
            to: to,
            value: value,
            gasLimit: gasLimit,
            gasPrice: gasPrice,
            data: data
        )
        // 27 and 35 + 2 × chain are both odd, and stand for an even y.
        return (.legacy(transaction), try fields.signature(isOdd: v.isMultiple(of: 2)))
    }

    private static func feeMarket(_ body: [UInt8]) throws(TransactionError) -> (Transaction, Signature) {
        var fields = try TransactionFields(body, count: 12)
        let chainID = try fields.short()
        let nonce = try fields.short()
        let maxPriorityFee = try fields.number()
        let maxFee = try fields.number()
        let gasLimit = try fields.short()
        let to = try fields.address()
        let value = try fields.number()
        let data = try fields.bytes()
        try fields.emptyList()
        let parity = try fields.short()
        guard parity < 2 else { throw .malformed }
        let transaction = FeeMarketTransaction(
            chainID: chainID,
            nonce: nonce,
            to: to,
            value: value,
            gasLimit: gasLimit,
            maxFee: maxFee,
            maxPriorityFee: maxPriorityFee,
            data: data
        )
        return (.feeMarket(transaction), try fields.signature(isOdd: parity == 1))
    }
}

/// The items of a transaction, taken one after the other.
private struct TransactionFields {
    private var items: ArraySlice<RLP>

    init(_ bytes: [UInt8], count: Int) throws(TransactionError) {
        guard let item = try? RLP(decoding: bytes), case .list(let items) = item, items.count == count else {
            throw .malformed
        }
        self.items = items[...]
    }

    mutating func bytes() throws(TransactionError) -> [UInt8] {
        guard case .bytes(let bytes) = self.items.popFirst() else { throw .malformed }
        return bytes
    }

    mutating func number() throws(TransactionError) -> Wei {
        let bytes = try self.bytes()
        guard bytes.first != 0, let number = Wei(bytes: bytes) else { throw .malformed }
        return number
    }

    /// A number of at most 64 bits.
    mutating func short() throws(TransactionError) -> UInt64 {
        guard let number = try self.number().exact else { throw .malformed }
        return number
    }

    mutating func address() throws(TransactionError) -> Address {
        let bytes = try self.bytes()
        if bytes.isEmpty { throw .unsupported }
        guard let address = Address(bytes: bytes) else { throw .malformed }
        return address
    }

    mutating func emptyList() throws(TransactionError) {
        guard case .list(let items) = self.items.popFirst() else { throw .malformed }
        guard items.isEmpty else { throw .unsupported }
    }

    mutating func signature(isOdd: Bool) throws(TransactionError) -> Signature {
        let (r, s) = (try self.bytes(), try self.bytes())
        guard r.first != 0, s.first != 0, let signature = Signature(r: r, s: s, isOdd: isOdd) else { throw .malformed }
        return signature
    }
}
