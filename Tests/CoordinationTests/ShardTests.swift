import Coordination
import Testing

struct ShardTests {
    /// The check value of the algorithm's catalogue, and zlib's answers.
    @Test(
        arguments: [("123456789", 0xCBF4_3926), ("", 0), ("a", 0xE8B7_BE43), ("gopal", 0xE266_A4D0)]
            as [(String, UInt32)]
    )
    func `the checksum is zlib's`(text: String, sum: UInt32) {
        #expect(CRC32.checksum(of: text.utf8) == sum)
    }

    @Test func `users spread over all shards and stay where they are`() {
        #expect(Shard.all.map(\.tag) == (0..<64).map { $0 < 10 ? "s0\($0)" : "s\($0)" })
        var counts = [Int](repeating: 0, count: Shard.count)
        for number in 0..<64_000 { counts[Shard(ofUser: "user-\(number)").number] += 1 }
        #expect(counts.allSatisfy { (800...1200).contains($0) }, "\(counts)")
        #expect(Shard(ofUser: "gopal").number == 0xE266_A4D0 % 64)
    }

    @Test func `a claim differs by caller, key, request and content`() {
        func claim(
            _ caller: String = "c",
            _ key: String = "k",
            _ path: String = "/p",
            _ body: String = "b"
        ) -> IdempotencyClaim {
            IdempotencyClaim(caller: caller, key: key, method: "POST", path: path, canonical: body)
        }
        #expect(claim() == claim())
        #expect(claim("d").digest != claim().digest && claim("c", "l").digest != claim().digest)
        #expect(claim("c", "k", "/q").digest == claim().digest && claim("c", "k", "/q").request != claim().request)
        #expect(claim("c", "k", "/p", "x").fingerprint != claim().fingerprint)
        #expect(claim().digest.utf8.count == 32 && claim().fingerprint.utf8.count == 32)
    }
}
