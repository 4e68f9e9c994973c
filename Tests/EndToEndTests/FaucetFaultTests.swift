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
}
