import Ethereum
import Testing

@Suite
struct TransactionTests {
    @Test
    func `every vector is signed byte for byte, and read back`() throws {
        let vectors = try Vectors.read()
        #expect(vectors.legacyEip155.count == 15 && vectors.type2.count == 15)
        for vector in vectors.legacyEip155 + vectors.type2 {
            let transaction = try vector.transaction()
            let signed = try KeyFile.key(vector.privateKey).sign(transaction)
            #expect(Hex.text(signed.raw) == vector.raw)
            #expect(signed.hash.text == vector.hash)
            #expect(signed.sender.text == vector.sender)
            #expect(Wei(hex: signed.signature.r.text) == Wei(hex: vector.r))
            #expect(Wei(hex: signed.signature.s.text) == Wei(hex: vector.s))
            #expect(try SignedTransaction(raw: signed.raw) == signed)
        }
    }

    /// They are good on every chain, so this program reads them, and makes none.
    @Test
    func `transactions from before EIP-155 are read and never signed`() throws {
        let vectors = try Vectors.read().legacyPre155
        #expect(vectors.count == 2)
        for vector in vectors {
            let signed = try SignedTransaction(raw: try #require(Hex.bytes(vector.raw)))
            #expect(signed.transaction == (try vector.transaction()))
            #expect(Hex.text(signed.raw) == vector.raw && signed.hash.text == vector.hash)
            #expect(signed.sender.text == vector.sender)
            let file = try KeyFile(vector.privateKey)
            let page = try KeyPage(contentsOf: file.path)
            #expect(Secp256k1.sign(signed.transaction.signingHash, with: page) == signed.signature)
            let key = try SenderKey(contentsOf: file.path)
            #expect(throws: SigningError.chainID) { try key.sign(signed.transaction) }
        }
    }

    @Test
    func `a chain whose v has no 64 bits is refused`() throws {
        let key = try SenderKey.development(0)
        var transaction = LegacyTransaction(
            chainID: Transaction.chainIDLimit,
            nonce: 0,
            to: .zero,
            value: .zero,
            gasLimit: 21_000,
            gasPrice: Wei(1)
        )
        let signed = try key.sign(.legacy(transaction))
        #expect(try SignedTransaction(raw: signed.raw).transaction.chainID == Transaction.chainIDLimit)
        transaction.chainID += 1
        #expect(throws: SigningError.chainID) { try key.sign(.legacy(transaction)) }
    }

    @Test
    func `the cost is value and fee, as far as 256 bits go`() throws {
        let most = try #require(Wei(bytes: [UInt8](repeating: 0xff, count: 32)))
        var transaction = FeeMarketTransaction(
            chainID: 1,
            nonce: 0,
            to: .zero,
            value: Wei(5),
            gasLimit: 21_000,
            maxFee: Wei(100),
            maxPriorityFee: Wei(1)
        )
        #expect(Transaction.feeMarket(transaction).cost == Wei(2_100_005))
        transaction.value = most
        #expect(Transaction.feeMarket(transaction).cost == nil)
        transaction.value = .zero
        transaction.maxFee = most
        #expect(Transaction.feeMarket(transaction).cost == nil)
    }
}

/// Bytes that are nearly a transaction.
@Suite
struct TransactionReaderTests {
    private func items(_ raw: [UInt8]) throws -> [RLP] {
        guard case .list(let items) = try RLP(decoding: raw.first == 2 ? [UInt8](raw.dropFirst()) : raw) else {
            return []
        }
        return items
    }

    private func legacy() throws -> [RLP] {
        let vector = try #require(try Vectors.read().legacyEip155.first)
        return try self.items(try #require(Hex.bytes(vector.raw)))
    }

    private func feeMarket() throws -> [RLP] {
        let vector = try #require(try Vectors.read().type2.first)
        return try self.items(try #require(Hex.bytes(vector.raw)))
    }

    @Test
    func `items of another kind, number or form are refused`() throws {
        let legacy = try self.legacy()
        #expect(throws: TransactionError.malformed) { try SignedTransaction(raw: []) }
        #expect(throws: TransactionError.malformed) { try SignedTransaction(raw: [0x80]) }
        #expect(throws: TransactionError.malformed) {
            try SignedTransaction(raw: RLP.list(legacy.dropLast()).encoded)
        }
        for place in legacy.indices {
            var items = legacy
            items[place] = .list([])
            #expect(throws: TransactionError.malformed, "\(place)") {
                try SignedTransaction(raw: RLP.list(items).encoded)
            }
            guard place != 5, case .bytes(let bytes) = legacy[place] else { continue }
            items[place] = .bytes([0] + bytes)
            #expect(throws: TransactionError.malformed, "\(place)") {
                try SignedTransaction(raw: RLP.list(items).encoded)
            }
        }
        for v in [0, 1, 26, 29, 35, 36] as [UInt64] {
            var items = legacy
            items[6] = .number(v)
            #expect(throws: TransactionError.malformed, "\(v)") { try SignedTransaction(raw: RLP.list(items).encoded) }
        }
        var items = try self.feeMarket()
        items[9] = .number(2)
        #expect(throws: TransactionError.malformed) { try SignedTransaction(raw: [2] + RLP.list(items).encoded) }
    }

    @Test
    func `what this program never sends is unsupported`() throws {
        var items = try self.legacy()
        items[3] = .bytes([])
        #expect(throws: TransactionError.unsupported) { try SignedTransaction(raw: RLP.list(items).encoded) }
        items = try self.feeMarket()
        #expect(throws: TransactionError.unsupported) { try SignedTransaction(raw: [1] + RLP.list(items).encoded) }
        #expect(throws: TransactionError.unsupported) { try SignedTransaction(raw: [3] + RLP.list(items).encoded) }
        items[8] = .list([.list([.bytes([UInt8](repeating: 0, count: 20)), .list([])])])
        #expect(throws: TransactionError.unsupported) { try SignedTransaction(raw: [2] + RLP.list(items).encoded) }
    }

    @Test
    func `a signature that no key made is refused, and the second form of one too`() throws {
        let original = try self.legacy()
        for place in [7, 8] {
            var items = original
            items[place] = .number(0)
            #expect(throws: TransactionError.signature) { try SignedTransaction(raw: RLP.list(items).encoded) }
            items[place] = .bytes([UInt8](repeating: 0xff, count: 32))
            #expect(throws: TransactionError.signature) { try SignedTransaction(raw: RLP.list(items).encoded) }
        }
        let order = Wei(hex: "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
        guard case .bytes(let s) = original[8], case .bytes(let v) = original[6] else { return }
        let mirrored = try #require(Wei(bytes: s))
        let other = try #require(order?.subtracting(mirrored))
        var items = original
        items[8] = .number(other)
        // The other s belongs to the other parity: 62709 and 62710 are the two v of chain 31337.
        items[6] = .number(Wei(bytes: v) == Wei(62_709) ? 62_710 : 62_709)
        #expect(throws: TransactionError.signature) { try SignedTransaction(raw: RLP.list(items).encoded) }
    }

    @Test
    func `a changed field is another sender`() throws {
        let vector = try #require(try Vectors.read().legacyEip155.first)
        var items = try self.legacy()
        items[4] = .number(1)
        let changed = try? SignedTransaction(raw: RLP.list(items).encoded)
        #expect(changed?.sender.text != vector.sender)
    }
}
