import Foundation
import Support
import Testing

/// The manifests, rules, dashboard and units of `deploy/`.
///
/// The checks are those of `Peer`; `scripts/manifests GROUP` runs one group alone.
@Suite(.serialized)
struct ManifestTests {
    @Test(arguments: ["render", "fit", "nginx", "rules", "dashboard", "units", "mutants"])
    func `every check of a group passes`(group: String) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let program = try Program(root.appending(path: "scripts/manifests").path, [group])
        try await program.end(within: .seconds(300))
        #expect(program.exitCode == 0, "\(program.output.prefix(6000))")
        #expect(program.output.hasSuffix("ok \(group)\n"), "\(program.output.suffix(600))")
    }
}
