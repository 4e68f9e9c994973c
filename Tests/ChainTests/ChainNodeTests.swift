import Foundation
import JSON
import Support
import Testing

/// The fallback chain itself: its own tests, and what other tests rely on when they run one.
@Suite
struct ChainNodeTests {
    private let funded = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    private let other = "0x1111111111111111111111111111111111111111"

    @Test
    func `the chain passes its own tests`() async throws {
        let folder = try TemporaryFolder("tally-chain-tests")
        let output = folder.url.appending(path: "output")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = [
            "--pdeathsig", "KILL", "sh", "-c", "exec \"$@\" >\"$0\" 2>&1", output.path, ChainNode.python.path, "-m",
            "unittest", "discover", "--start-directory", "tests", "--top-level-directory", ".",
        ]
        process.currentDirectoryURL = ChainNode.source
        try Spawner.shared.start(process)
        try await eventually("the tests end", within: .seconds(300)) { !process.isRunning }
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        #expect(process.terminationStatus == 0, "\(text.suffix(4000))")
        #expect(text.contains("\nOK\n") && !text.contains("Ran 0 tests"), "\(text.suffix(400))")
    }

    @Test
    func `blocks outlive a kill, and what waits does not`() async throws {
        let chain = try ChainNode()
        defer { chain.kill() }
        let mined = try await chain.send(from: self.funded, to: self.other, value: "0x5")
        try await chain.call("evm_setAutomine", "false")
        let waiting = try await chain.send(from: self.funded, to: self.other, value: "0x7")
        let genesis = try await chain.genesis()
        let receipt = try await chain.receipt(of: mined)

        chain.kill()
        try chain.start()
        #expect(try await chain.genesis() == genesis)
        #expect(try await chain.receipt(of: mined) == receipt)
        #expect(try await chain.balance(of: self.other) == "0x5")
        #expect(try await chain.call("eth_getTransactionByHash", "\"\(waiting)\"") == .null)
    }

    @Test
    func `a chain without a folder begins anew at each start`() async throws {
        var options = ChainNode.Options()
        options.keepsBlocks = false
        let chain = try ChainNode(options)
        defer { chain.kill() }
        let genesis = try await chain.genesis()
        chain.stop()
        try chain.start()
        #expect(try await chain.genesis() != genesis)
    }

    @Test
    func `faults strike when they are told to`() async throws {
        let chain = try ChainNode()
        defer { chain.kill() }
        try await chain.fault(
            #"{"on":"eth_blockNumber","skip":1,"do":"error","code":-32005,"message":"limit exceeded"}"#,
            #"{"on":"eth_sendTransaction","do":"drop-reply"}"#
        )
        #expect(try await chain.blockNumber() == 0)
        await #expect(throws: ChainNode.Refusal(code: "-32005", message: "limit exceeded")) {
            _ = try await chain.blockNumber()
        }
        await #expect(throws: NeverHappened.self) {
            try await chain.send(from: self.funded, to: self.other, value: "0x1")
        }
        #expect(try await chain.balance(of: self.other) == "0x1")
        #expect(try await chain.calls()["eth_blockNumber"] == 2)
    }

    @Test
    func `a transfer to a rejecting contract is mined with the status 0`() async throws {
        var options = ChainNode.Options()
        options.rules = .geth
        let chain = try ChainNode(options)
        defer { chain.kill() }
        try await chain.makeRejecting(self.other)
        let hash = try await chain.send(from: self.funded, to: self.other, value: "0x1", more: #""gas":"0x7530""#)
        #expect(try await chain.receipt(of: hash)?["status"] == .string("0x0"))
        #expect(try await chain.balance(of: self.other) == "0x0")
        #expect(try await chain.nonce(of: self.funded) == 1)
    }
}
