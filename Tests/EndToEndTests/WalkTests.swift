import Foundation
import Support
import Testing

/// The commands of `docs/operations.md`, as a new operator would type them.
struct WalkTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The commands of a section, without those that install and build.
    private static func commands(of section: String) throws -> String {
        let document = try String(contentsOf: Self.root.appending(path: "docs/operations.md"), encoding: .utf8)
        let start = try #require(document.range(of: "## \(section)\n"))
        let text = document[start.upperBound...]
        let end = text.range(of: "\n## ")?.lowerBound ?? text.endIndex
        let blocks = text[..<end].components(separatedBy: "```sh\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        return blocks.dropFirst().joined(separator: "\n")
    }

    /// A port of four digits that is free, and so is the one with a 1 in front.
    private static func freePair() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 2000...9999)
            if isFree(port), isFree(10_000 + port) { return port }
        }
        throw TallySystem.Failure(description: "no two ports are free")
    }

    @Test func `an empty machine becomes a monitored system with TLS and API keys`() async throws {
        let folder = try TemporaryFolder("tally-walk")
        var text = try Self.commands(of: "From an empty machine")
        let (first, second) = (try Self.freePair(), try Self.freePair())
        // The admin ports first: they contain the others.
        var ports = [("18081", "1\(first)"), ("18084", "1\(second)"), ("8081", "\(first)"), ("8084", "\(second)")]
        for fixed in ["19091", "6380", "8080", "8443", "8089", "9090"] { ports.append((fixed, "\(try freePort())")) }
        for (fixed, free) in ports { text = text.replacing(fixed, with: free) }
        text = text.replacing("~/tally-system", with: "\(folder.url.path)/system")
        text = text.replacing("repository=$PWD", with: "repository='\(Self.root.path)'")
        let script = """
            set -eo pipefail
            PATH='\(URL(filePath: TallySystem.executable).deletingLastPathComponent().path)':$PATH
            trap 'kill $(jobs -p); wait' EXIT
            \(text)
            echo THE END
            """
        let program = try Program("/bin/bash", ["-c", script])
        try await program.end(within: .seconds(120))
        let output = program.output
        #expect(output.contains("THE END"), "\(output.suffix(4000))")
        #expect(output.contains(#""balance":"5.00""#))
        #expect(output.contains(#""status":401"#))
        #expect(output.contains("CLEAN"))
        let up = [first, second].map { "127.0.0.1:1\($0) 1" }
        for line in up { #expect(output.contains(line), "\(line)") }
        #expect(output.contains("\n[]\n"), "an alert fires")
    }
}
