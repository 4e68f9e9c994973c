import Foundation
import Support
import Testing

/// The service against its own description, with a generator of requests that is not ours.
struct ContractTests {
    @Test func `every answer is one that /openapi.json describes`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try await TallySystem.with(chain: []) { system in
            // Fewer than by hand: what is wrong with an operation shows early, and CI has much else to do.
            let program = try Program(
                root.appending(path: "scripts/contract").path,
                [system.url],
                environment: ["EXAMPLES": "60", "TIME_LIMIT": "\(Patience.seconds(380))"]
            )
            try await program.end(within: .seconds(400))
            #expect(program.exitCode == 0, "\(program.output.suffix(6000))")
        }
    }
}
