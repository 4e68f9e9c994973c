import Foundation
import Support
import Testing

/// The scripts for releases: licences, pins and known weaknesses.
struct ReleaseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func run(_ script: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
        let program = try Program(Self.root.appending(path: "scripts/\(script)").path, arguments)
        try await program.end(within: .seconds(120))
        return (program.exitCode, program.output)
    }

    private static func sample(_ name: String) -> String {
        Self.root.appending(path: "Tests/DeployTests/Samples/\(name)").path
    }

    /// Every package that is resolved, as SwiftPM wrote it down beside the checkouts.
    private static func resolved() throws -> [(name: String, version: String)] {
        struct State: Decodable {
            struct Object: Decodable {
                let dependencies: [Dependency]
            }

            struct Dependency: Decodable {
                struct Reference: Decodable { let identity: String }

                struct Checkout: Decodable {
                    struct Inner: Decodable { let version: String }

                    let checkoutState: Inner
                }

                let packageRef: Reference
                let state: Checkout
            }

            let object: Object
        }
        let data = try Data(contentsOf: Self.root.appending(path: ".build/workspace-state.json"))
        return try JSONDecoder().decode(State.self, from: data).object.dependencies
            .map { ($0.packageRef.identity, $0.state.checkoutState.version) }
    }

    @Test func `every package that is resolved is named exactly, and no other`() throws {
        let manifest = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        let call = #/\.package\(\s*url: "[^"]*\/([^"\/]+?)(?:\.git)?",\s*exact: "([^"]+)"/#
        let row = #/\("[a-z-]+\/([A-Za-z0-9-]+)", "([0-9.]+)", "\w+"\)/#
        let named = manifest.matches(of: call).map { (name: $0.1.lowercased(), version: String($0.2)) }
        let pins = named + manifest.matches(of: row).map { (name: $0.1.lowercased(), version: String($0.2)) }
        // The one more is that of the table's rows.
        #expect(manifest.matches(of: #/\.package\(/#).count == named.count + 1, "a package is not pinned exactly")
        let resolved = try Self.resolved()
        #expect(resolved.count > 20)
        #expect(
            pins.map { "\($0.name) \($0.version)" }.sorted() == resolved.map { "\($0.name) \($0.version)" }.sorted()
        )
    }

    @Test func `what is linked in has its licence in a file, and its line in the notice`() async throws {
        let folder = try TemporaryFolder("licences").url
        let run = try await Self.run("licences", [folder.path])
        #expect(run.code == 0, "\(run.output)")
        let notice = try String(contentsOf: folder.appending(path: "NOTICE"), encoding: .utf8)
        let parts = ["CNIOBoringSSL", "CNIOLLHTTP", "swift-runtime"].map { ($0, "") }
        for (name, version) in try Self.resolved().map({ ($0.name, $0.version) }) + parts {
            #expect(notice.contains("\n- \(name) \(version)"), "\(name)")
            let text = try String(contentsOf: folder.appending(path: "licences/\(name)"), encoding: .utf8)
            #expect(["Apache License", "Permission is hereby granted"].contains { text.contains($0) }, "\(name)")
        }
        for user in ["scripts/release", "docker/Dockerfile"] {
            let text = try String(contentsOf: Self.root.appending(path: user), encoding: .utf8)
            #expect(text.contains("scripts/licences"), "\(user) ships none")
        }
    }

    @Test func `known weaknesses are found by version, in Debian's order and by source package, and nothing else is`()
        async throws
    {
        let found = try await Self.run("weaknesses", [Self.sample("sbom.json"), Self.sample("records.json")])
        let ids = found.output.matches(of: #/weakness: (\S+) \S+ (SAMPLE-\d)/#).map { "\($0.1) \($0.2)" }
        #expect(found.code == 1)
        #expect(
            ids == ["swift-nio-http2 SAMPLE-1", "swift-nio SAMPLE-3", "swift-log SAMPLE-4", "libcurl4 SAMPLE-5"],
            "\(found.output)"
        )
        let folder = try TemporaryFolder("weaknesses").url
        let accepted = folder.appending(path: "accepted")
        try "SAMPLE-ALIAS # not used\nSAMPLE-3\nSAMPLE-4 # x\nSAMPLE-5\n".write(
            to: accepted,
            atomically: true,
            encoding: .utf8
        )
        let all = [Self.sample("sbom.json"), Self.sample("records.json"), accepted.path]
        #expect(try await Self.run("weaknesses", all).code == 0)
        #expect(try await Self.run("weaknesses", [Self.sample("sbom.json"), "/nowhere"]).code == 66)
    }

    @Test func `a release is built in a folder that nobody knows in advance`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "scripts/release"), encoding: .utf8)
        #expect(text.contains("$(mktemp -d)") && !text.contains("/tmp/"))
    }
}
