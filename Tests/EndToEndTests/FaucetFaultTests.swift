import Foundation
import Support
import Testing

/// The faucet under a load while its parts are killed: no coin is lost, and with keys none is sent twice.
struct FaucetFaultTests {
    /// Failure mode 30.
    @Test(arguments: [["--keys"], []])
    func `100 requests a second lose no coin while instances, workers and the node are killed`(
        keys: [String]
    ) async throws {
        let arguments = ["--workers", "2", "--instances", "2"]
        let chain = ["--chain-rules", "hardhat", "--chain-mining", "interval:1"]
        try await TallySystem.with(arguments, ["TALLY_FAUCET_LEASE_SECONDS": "2"], chain: chain) { system in
            let seconds = Round.long(15)
            let load = ["--rate", "100", "--seconds", "\(seconds)", "--settle-wait", "\(Patience.seconds(90))"] + keys
            var random = Round.seed.random
            let output = try await FaucetTests.load(system, load) {
                // The first four and the node die in any round, and then anybody.
                let names = ["instance-1", "worker-1", "instance-2", "worker-2"]
                for round in 0..<(seconds / 3) {
                    try await Task.sleep(for: .milliseconds(2000 + Int(random.next() % 1500)))
                    // A process that is being started again is not there to be killed.
                    let name = round % 9 == 2 ? "chain" : names[round < 5 ? round % 4 : Int(random.next() % 4)]
                    if let pid = try? system.pid(name) { kill(pid, SIGKILL) }
                }
            }
            print(output)
            #expect(output.contains("PASSED: the coins are exact"))
        }
    }

    /// Failure mode 27.
    @Test func `workers and an instance whose clocks are hours apart deliver each coin once`() async throws {
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
        try #require(FileManager.default.fileExists(atPath: library))
        try await TallySystem.with(["--workers", "0"], chain: []) { system in
            let chain = "http://127.0.0.1:\(try #require(system.ports.chain))"
            let port = try freePort()
            func start(_ command: String, _ clock: String) throws -> Program {
                try Program(
                    TallySystem.executable,
                    [command],
                    environment: [
                        "LD_PRELOAD": library, "FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                        "TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "0", "TALLY_FAUCET_LEASE_SECONDS": "2",
                        "TALLY_REDIS_URL": "redis://127.0.0.1:\(system.ports.redis)/0",
                        "TALLY_FAUCET_RPC": chain, "TALLY_FAUCET_KEYS": "development",
                    ]
                )
            }
            let instance = try start("serve", "+3h")
            let workers = [try start("work", "+5h"), try start("work", "-5h")]
            let load = ["--url", "http://127.0.0.1:\(port)", "--rate", "40", "--seconds", "8", "--keys"]
            try await eventually("the instance answers", within: .seconds(30)) {
                try await curl("http://127.0.0.1:\(port)/distributions/x").contains("distribution-invalid")
            }
            _ = try await FaucetTests.load(system, load) {
                try await Task.sleep(for: .seconds(3))
                // Whichever has the lane: the other takes it over by Redis's time, or goes on.
                kill(workers[0].pid, SIGKILL)
            }
            for process in workers + [instance] { await process.stop() }
        }
    }
}
