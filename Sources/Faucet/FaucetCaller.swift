import Ethereum
import Nettle

/// One who may ask for coins, known by the hash of its token.
package struct FaucetCaller: Hashable, Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`; the scope of its idempotency keys.
    package let name: String
    private let digest: [UInt8]

    /// Reads `name sha256-of-the-token-in-hexadecimal`; `nil` for anything else.
    package init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count == 2, (1...64).contains(words[0].utf8.count),
            words[0].utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }),
            let digest = Hex.bytes("0x" + words[1]), digest.count == 32
        else { return nil }
        self.name = String(words[0])
        self.digest = digest
    }

    /// Whether this is the caller's token; takes as long for a wrong one.
    func has(token: String) -> Bool {
        zip(Nettle.sha256(Array(token.utf8)), self.digest).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
