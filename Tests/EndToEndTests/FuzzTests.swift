import Foundation
import Support
import Testing

/// The bounded fuzz: what it does stands in `Peer/fuzz.py`, and `scripts/fuzz MINUTES` does it for longer.
struct FuzzTests {
    /// Seconds of all parts together, besides the start and the end of the instance.
    private static let seconds = 18

    @Test func `an instance answers whatever bytes come, from clients and from Redis`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let ports = try (0..<4).map { _ in "\(try freePort())" }.joined(separator: " ")
        let program = try Program(
            root.appending(path: "scripts/fuzz").path,
            ["--seconds", "\(Round.long(Self.seconds))"],
            environment: ["TALLY": TallySystem.executable, "PORTS": ports]
        )
        try await program.end(within: .seconds(Round.long(240)))
        let findings = program.output.components(separatedBy: "\n").drop { !$0.hasPrefix("FOUND") }.prefix(40)
        #expect(program.exitCode == 0, "\(findings.joined(separator: "\n")) \(program.output.suffix(2000))")
        #expect(program.output.contains(": 0 findings"))
    }
}
