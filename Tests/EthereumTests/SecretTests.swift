import Ethereum
import Foundation
import Support
import Testing

/// Whether anything of a secret is in the process's memory but on its page.
///
/// The test must not have the secret itself: a shell makes it, and another one tells it with each bit of a mask turned.
@Suite
struct SecretTests {
    private static func shell(_ script: String, _ path: String) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, "sh", path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func makeKey() async throws -> (path: String, masked: [UInt8]) {
        let path = try TemporaryFolder("secret").url.appending(path: "key").path
        _ = try await Self.shell(#"umask 077; od -An -N32 -vtx1 /dev/urandom | tr -d ' \n' > "$1""#, path)
        let masking = "import sys; print('0x' + bytes(b ^ 0x5A for b in bytes.fromhex(open(sys.argv[1]).read())).hex())"
        let masked = try #require(Hex.bytes(try await Self.shell("python3 -c \"\(masking)\" \"$1\"", path)))
        try #require(masked.count == 32)
        return (path, masked)
    }

    /// Works on a thread of its own, which then stands still: its stack is looked through as the work left it.
    private static func standing<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result,
        while look: () throws -> Void
    ) async throws -> Result {
        let (results, continuation) = AsyncStream.makeStream(of: Result.self)
        let isOver = DispatchSemaphore(value: 0)
        defer { isOver.signal() }
        Thread {
            continuation.yield(work())
            isOver.wait()
        }.start()
        var iterator = results.makeAsyncIterator()
        let result = try #require(await iterator.next())
        try look()
        return result
    }

    /// Works so far down on the stack that nothing comes there again.
    @inline(never)
    private static func deep(_ calls: Int, _ work: () -> Bool) -> Bool {
        let isDone = calls == 0 ? work() : Self.deep(calls - 1, work)
        return isDone && calls >= 0
    }

    /// A key that has signed on several threads.
    private static func used(_ path: String) async throws -> SenderKey {
        let key = try SenderKey(contentsOf: path)
        try Self.sign(key, times: 1000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try Self.sign(key, times: 50) } }
            try await group.waitForAll()
        }
        return key
    }

    private static func sign(_ key: SenderKey, times: Int) throws {
        for nonce in 0..<UInt64(times) {
            _ = try key.sign(
                .feeMarket(
                    FeeMarketTransaction(
                        chainID: 31_337,
                        nonce: nonce,
                        to: key.address,
                        value: Wei(1),
                        gasLimit: 21_000,
                        maxFee: Wei(100),
                        maxPriorityFee: Wei(1)
                    )
                )
            )
        }
    }

    @Test
    func `the secret is on one locked page and nowhere else, and gone with its key`() async throws {
        let (path, masked) = try await Self.makeKey()
        let scan = MemoryScan(masked: masked)
        var key: SenderKey? = try await Self.used(path)
        let places = scan.places()
        #expect(places.count == 1)
        let place = try #require(places.first)
        #expect(place.flags.isSuperset(of: ["lo", "dd", "wf"]) && !place.flags.contains("wr"))
        #expect(place.hits == 4)

        try #require(key != nil)
        key = nil
        #expect(scan.places().isEmpty)
    }

    /// Here nothing has run since that could have overwritten what libsecp256k1 left on the stack.
    @Test
    func `libsecp256k1 leaves nothing on the stack`() async throws {
        let (path, masked) = try await Self.makeKey()
        let scan = MemoryScan(masked: masked)
        let page = try KeyPage(contentsOf: path)
        let hash = Keccak256.hash([])
        for isSigning in [false, true] {
            let isDone = try await Self.standing {
                Self.deep(1000) {
                    isSigning ? Secp256k1.sign(hash, with: page) != nil : Secp256k1.publicKey(page) != nil
                }
            } while: {
                #expect(scan.places().map(\.hits) == [4])
            }
            #expect(isDone)
        }
    }

    /// The search finds copies when there are some: a rule that cannot fail is no rule.
    @Test
    func `copies in any form are found`() async throws {
        let (path, masked) = try await Self.makeKey()
        let scan = MemoryScan(masked: masked)
        #expect(scan.places().isEmpty)
        let secret = masked.map { $0 ^ MemoryScan.mask }
        let forms: [[UInt8]] = [secret, secret.reversed(), [UInt8](Hex.text(secret).utf8), [UInt8](secret[8..<16])]
        // Whole in three forms, four pieces each, and one piece alone; what the test computed with may lie about too.
        #expect(scan.places().map(\.hits).reduce(0, +) >= 13)
        withExtendedLifetime((forms, path)) {}
    }

    @Test
    func `a refused file leaves nothing behind`() async throws {
        let (path, masked) = try await Self.makeKey()
        _ = try await Self.shell(#"printf g >> "$1""#, path)
        #expect(throws: SenderKeyError.malformed) { try SenderKey(contentsOf: path) }
        #expect(MemoryScan(masked: masked).places().isEmpty)
    }
}
