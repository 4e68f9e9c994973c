extension Transaction {
    /// The first byte of a transaction of type 2.
    ///
    /// A legacy one has none: it begins with that of a list.
    static let feeMarketType: UInt8 = 2

    /// The highest chain id whose `v` fits 64 bits (EIP-2294).
    package static let chainIDLimit = UInt64.max / 2 - 36

    /// The hash that the sender signs.
    package var signingHash: Hash32 {
        switch self {
        case .legacy(let transaction) where transaction.chainID == 0:
            Keccak256.hash(RLP.list(transaction.items).encoded)
        case .legacy(let transaction):
            Keccak256.hash(
                RLP.list(transaction.items + [.number(transaction.chainID), .bytes([]), .bytes([])]).encoded
            )
        case .feeMarket(let transaction):
            Keccak256.hash([Self.feeMarketType] + RLP.list(transaction.items).encoded)
        }
    }

    /// The bytes that nodes take: the fields and the signature.
    func encoded(with signature: Signature) -> [UInt8] {
        let (r, s) = (RLP.number(signature.r.bytes), RLP.number(signature.s.bytes))
        let parity: UInt64 = signature.isOdd ? 1 : 0
        switch self {
        case .legacy(let transaction):
            // Within 64 bits: see `chainIDLimit`.
            let v = transaction.chainID == 0 ? 27 + parity : 35 + 2 * transaction.chainID + parity
            return RLP.list(transaction.items + [.number(v), r, s]).encoded
        case .feeMarket(let transaction):
            return [Self.feeMarketType] + RLP.list(transaction.items + [.number(parity), r, s]).encoded
        }
    }
}

extension LegacyTransaction {
    fileprivate var items: [RLP] {
        [
            .number(self.nonce), .number(self.gasPrice), .number(self.gasLimit), .bytes(self.to.bytes),
            .number(self.value), .bytes(self.data),
        ]
    }
}

extension FeeMarketTransaction {
    fileprivate var items: [RLP] {
        [
            .number(self.chainID), .number(self.nonce), .number(self.maxPriorityFee), .number(self.maxFee),
            .number(self.gasLimit), .bytes(self.to.bytes), .number(self.value), .bytes(self.data), .list([]),
        ]
    }
}
