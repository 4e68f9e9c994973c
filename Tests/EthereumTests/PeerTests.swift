import Ethereum
import Foundation
import Support
import Testing

/// Random transactions, signed by us and by eth-account.
@Suite
struct PeerTests {
    private struct Case {
        var transaction: Transaction
        var key: Int
    }

    private static let secrets = [
        "0000000000000000000000000000000000000000000000000000000000000001",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        "00000000000000000000000000000000000000000000000000000000000000ff",
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ]

    /// `scripts/setup` makes it; `PEER_PYTHON` names another one that has eth-account.
    private static var python: String {
        if let path = ProcessInfo.processInfo.environment["PEER_PYTHON"] { return path }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appending(path: "node/.venv/bin/python").path
    }

    @Test(arguments: Seed.cases(10))
    func `1,000 random transactions are signed as eth-account signs them`(seed: Seed) async throws {
        try #require(FileManager.default.isExecutableFile(atPath: Self.python), "run scripts/setup for \(Self.python)")
        var random = seed.random
        let cases = (0..<1000).map { _ in
            Case(transaction: Self.transaction(&random), key: .random(in: Self.secrets.indices, using: &random))
        }
        let lines = try Self.signedByPeer(cases)
        try #require(lines.count == cases.count)
        let keys = try Self.secrets.map { try KeyFile.key($0) }
        for (number, (item, line)) in zip(cases, lines).enumerated() {
            let signed = try keys[item.key].sign(item.transaction)
            let ours = "\(Hex.text(signed.raw)) \(signed.hash.text) \(signed.sender.text)"
            try #require(ours == line, "\(seed), transaction \(number)")
            #expect(try SignedTransaction(raw: signed.raw) == signed)
        }
    }

    private static func signedByPeer(_ cases: [Case]) throws -> [Substring] {
        let folder = try TemporaryFolder("peer").url
        let input = folder.appending(path: "orders")
        try Data(try cases.map(Self.order).joined(separator: "\n").utf8).write(to: input)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Peer/sign.py")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = [script.path]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n")
    }

    /// A transaction as eth-account takes it.
    private static func order(_ item: Case) throws -> String {
        let transaction = item.transaction
        var fields = [
            "key": "0x" + Self.secrets[item.key], "nonce": Wei(transaction.nonce).quantity,
            "to": transaction.to.text, "value": transaction.value.quantity, "gas": Wei(transaction.gasLimit).quantity,
            "data": Hex.text(transaction.data), "chainId": Wei(transaction.chainID).quantity,
        ]
        switch transaction {
        case .legacy(let transaction): fields["gasPrice"] = transaction.gasPrice.quantity
        case .feeMarket(let transaction):
            fields["type"] = "0x2"
            fields["maxFeePerGas"] = transaction.maxFee.quantity
            fields["maxPriorityFeePerGas"] = transaction.maxPriorityFee.quantity
        }
        return String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
    }

    private static func transaction(_ random: inout SeededGenerator) -> Transaction {
        let chains: [UInt64] = [1, 31_337, 151, 153, 0x7F, 0x80, 0xFF, 0x100, 1 << 32, Transaction.chainIDLimit]
        let chainID = chains.randomElement(using: &random) ?? 1
        let to = Address(bytes: Self.bytes(20, &random)) ?? .zero
        let count = [0, 0, 0, 1, 1, 4, 31, 32, 55, 56, 57, 68, 255, 256, 1024].randomElement(using: &random) ?? 0
        if Bool.random(using: &random) {
            return .legacy(
                LegacyTransaction(
                    chainID: chainID,
                    nonce: Self.short(&random),
                    to: to,
                    value: Self.amount(&random),
                    gasLimit: Self.short(&random),
                    gasPrice: Self.amount(&random),
                    data: Self.bytes(count, &random)
                )
            )
        }
        return .feeMarket(
            FeeMarketTransaction(
                chainID: chainID,
                nonce: Self.short(&random),
                to: to,
                value: Self.amount(&random),
                gasLimit: Self.short(&random),
                maxFee: Self.amount(&random),
                maxPriorityFee: Self.amount(&random),
                data: Self.bytes(count, &random)
            )
        )
    }

    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        let isZero = Int.random(in: 0..<20, using: &random) == 0
        return (0..<count).map { _ in isZero ? 0 : .random(in: 0...255, using: &random) }
    }

    private static func short(_ random: inout SeededGenerator) -> UInt64 {
        let edges: [UInt64] = [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 1 << 53, 1 << 63, .max - 1]
        if Bool.random(using: &random) { return edges.randomElement(using: &random) ?? 0 }
        return UInt64.random(in: 0 ..< .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
    }

    private static func amount(_ random: inout SeededGenerator) -> Wei {
        if Bool.random(using: &random) { return Wei(Self.short(&random)) }
        let count = Int.random(in: 0...32, using: &random)
        let bytes = Bool.random(using: &random) ? [UInt8](repeating: 0xFF, count: count) : Self.bytes(count, &random)
        return Wei(bytes: bytes) ?? .zero
    }
}
