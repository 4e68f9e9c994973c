import Foundation
import Support
import Testing

/// The faucet under a load while its parts are killed: no coin is lost, and with keys none is sent twice.
struct FaucetFaultTests {
    /// Failure mode 30.
    @Test(arguments: [["--keys"], []])
    func `a minute of 100 requests a second loses no coin while instances, workers and the node are killed`(
        keys: [String]
    ) async throws {
        let arguments = ["--workers", "2", "--instances", "2"]
        let chain = ["--chain-rules", "hardhat", "--chain-mining", "interval:1"]
        try await TallySystem.with(arguments, ["TALLY_FAUCET_LEASE_SECONDS": "2"], chain: chain) { system in
            let load = ["--rate", "100", "--seconds", "60", "--settle-wait", "90"] + keys
            let output = try await FaucetTests.load(system, load) {
                let names = ["instance-1", "worker-1", "instance-2", "worker-2"]
                for round in 0..<11 {
                    try await Task.sleep(for: .seconds(5))
                    // Whoever is being started again is not there to be killed.
                    let name = round == 5 ? "chain" : names[round % names.count]
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
