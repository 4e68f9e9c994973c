import Ethereum
import Foundation

/// The content of `Vectors/eth_vectors.json`: made with eth-account, and checked with a second implementation.
struct Vectors: Decodable {
    struct Signed: Decodable {
        var nonce, to, value, gas, data, privateKey, sender, raw, hash, r, s: String
        var chainId, gasPrice, maxFeePerGas, maxPriorityFeePerGas: String?
    }

    struct Invalid: Decodable { var address, reason: String }

    struct Hashed: Decodable {
        var length: Int
        var data, keccak256: String
    }

    struct Unmixed: Decodable { var allLower, allUpper: [String] }

    var legacyEip155, type2, legacyPre155: [Signed]
    var eip55Valid: [String]
    var eip55Invalid: [Invalid]
    var eip55NoChecksumAccept: Unmixed
    var keccak256: [Hashed]

    static func read() throws -> Vectors {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Vectors/eth_vectors.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Vectors.self, from: Data(contentsOf: file))
    }
}

extension Vectors.Signed {
    struct Unreadable: Error {}

    /// The fields as one of our transactions.
    func transaction() throws -> Transaction {
        guard let nonce = Wei(hex: self.nonce)?.exact, let gas = Wei(hex: self.gas)?.exact,
            let chainID = Wei(hex: self.chainId ?? "0x0")?.exact, let to = Address(hex: self.to),
            let value = Wei(hex: self.value), let data = Hex.bytes(self.data)
        else { throw Unreadable() }
        if let gasPrice = self.gasPrice.flatMap({ Wei(hex: $0) }) {
            return .legacy(
                LegacyTransaction(
                    chainID: chainID,
                    nonce: nonce,
                    to: to,
                    value: value,
                    gasLimit: gas,
                    gasPrice: gasPrice,
                    data: data
                )
            )
        }
        guard let maxFee = self.maxFeePerGas.flatMap({ Wei(hex: $0) }),
            let maxPriorityFee = self.maxPriorityFeePerGas.flatMap({ Wei(hex: $0) })
        else { throw Unreadable() }
        return .feeMarket(
            FeeMarketTransaction(
                chainID: chainID,
                nonce: nonce,
                to: to,
                value: value,
                gasLimit: gas,
                maxFee: maxFee,
                maxPriorityFee: maxPriorityFee,
                data: data
            )
        )
    }
}
