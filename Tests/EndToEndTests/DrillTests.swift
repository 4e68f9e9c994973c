import Foundation
import Support
import Testing

/// The drills that operators run, as their scripts, and short.
@Suite(.serialized)
struct DrillTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func drill(_ name: String, _ arguments: [String] = [], _ environment: [String: String]) async throws {
        let script = Self.root.appending(path: "scripts/\(name)").path
        let given = ["TALLY": TallySystem.executable, "PORT": "\(try freePort())"].merging(environment) { $1 }
        let program = try Program("/usr/bin/env", ["bash", script] + arguments, environment: given)
        try await program.end(within: .seconds(240))
        #expect(program.exitCode == 0, "\(program.output.suffix(4000))")
    }

    @Test func `processes that are restarted one after the other fail no request`() async throws {
        try await self.drill("rolling", ["--rate", "100"], ["ROUNDS": "1"])
    }

    @Test func `processes that are killed one after the other fail no request that is sent again`() async throws {
        try await self.drill("rolling", ["--kill", "--retry", "20", "--rate", "100"], ["ROUNDS": "1"])
    }

    @Test func `with few files a process lives through useless connections and serves others meanwhile`() async throws {
        try await self.drill("abuse", ["--seconds", "2", "--connections", "700"], [:])
    }

    @Test func `a copy made under load is a whole system again, and tells what it told before`() async throws {
        try await self.drill("restore-drill", [], ["ENTRIES": "2000", "RATE": "50", "RETRY": "20"])
    }
}
