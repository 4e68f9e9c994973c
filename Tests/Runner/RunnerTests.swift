import Foundation
import Support
import Testing

/// The runner of the tests, which is Python: its own tests are beside it.
struct RunnerTests {
    @Test func `the runner plans, reads and chooses as it says`() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().path
        let program = try Program(
            "/usr/bin/env",
            ["python3", "-B", "-m", "unittest", "discover", "--start-directory", folder]
        )
        try await program.end(within: .seconds(60))
        #expect(program.exitCode == 0 && program.output.hasSuffix("OK\n"), "\(program.output.suffix(4000))")
    }
}
