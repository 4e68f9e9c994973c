import Foundation
import Testing

/// A fenced block of a document.
struct DocumentBlock {
    /// The path from the repository's root.
    let document: String
    let line: Int
    let language: String
    let text: String

    var firstLine: String { String(self.text.prefix { $0 != "\n" }) }

    /// All blocks of the documents that people read, by document and in their order.
    static func all() throws -> [DocumentBlock] {
        let root = WalkTests.root
        let inside = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "docs").path)
        let documents = ["README.md"] + inside.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
        return try (documents + ["CONTRIBUTING.md"]).flatMap { document in
            Self.blocks(try String(contentsOf: root.appending(path: document), encoding: .utf8), in: document)
        }
    }

    static func blocks(_ text: String, in document: String) -> [DocumentBlock] {
        var blocks: [DocumentBlock] = []
        var open: (line: Int, language: String, lines: [Substring])?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            if let block = open {
                open = isFence ? nil : (block.line, block.language, block.lines + [line])
                guard isFence else { continue }
                let text = block.lines.joined(separator: "\n")
                blocks.append(
                    DocumentBlock(document: document, line: block.line, language: block.language, text: text)
                )
            } else if isFence {
                open = (index + 2, String(line.drop { $0 == " " }.dropFirst(3)), [])
            }
        }
        return blocks
    }
}

/// The blocks that are not run against one local system, each with its reason.
enum DocumentExcuses {
    struct Excuse: Hashable {
        let document: String
        /// How the block's first line begins.
        let begin: String
        let reason: String
    }

    static let all =
        Self.of("README.md", ["scripts/run": "builds everything, and starts what this test has"])
        + Self.of(
            "docs/coupons.md",
            [
                "grpc=http": "buf is no package of Debian's; the official clients of CouponClientsTests call the same",
                "mkdir -p coupon/v1": "grpcio-tools comes from PyPI: CouponClientsTests run it",
            ]
        )
        + Self.of(
            "docs/operations.md",
            [
                "scripts/setup ": "installs packages and the program", "repository=$PWD": "WalkTests run it",
                "hash() {": "WalkTests run it", "export TALLY_REDIS_URL=rediss://tally@": "WalkTests run it",
                "tally nginx --listen 127.0.0.1": "WalkTests run it",
                "tally keys create shop --scope ledger:write --scope ledger:read --scope uniques": "WalkTests run it",
                "cat >prometheus.yml": "WalkTests run it",
                "mkdir -m 700 keys": "a worker in the foreground, with nodes of one's own",
                "tally nginx --listen 0.0.0.0:80": "writes below /etc, and stays in the foreground",
                "tally dev --tls": "a system in the foreground: TLSSystemTests start it",
                "tally serve --http-certificate-file": "an instance in the foreground, and instances elsewhere",
                "redis-server --port 0": "a Redis in the foreground, under a name of one's own",
                "docker build": "a Docker engine: ContainerTests check the file",
                "docker compose": "a Docker engine: ContainerTests check the file",
                "compose='docker": "a Docker engine", "$compose run": "a Docker engine",
                "scripts/release": "builds from nothing, twice",
                "kubectl apply": "a cluster: ManifestTests check the files",
                "kubectl create": "a cluster: ManifestTests check the files",
                "install -m 755 .build": "root, systemd and /etc: UnitTests check the files",
                "scripts/backup": "the folder of a system's Redis: DrillTests run it",
                "redis-cli CONFIG SET": "the folder of a system's Redis: scripts/backup does the same",
                "install -d -o redis": "root, and a copy to restore: DrillTests do it",
            ]
        )
        + Self.of(
            "docs/performance.md",
            [
                "scripts/bench-payments": "measurements of minutes", "scripts/bench-faucet": "measurements of minutes",
                "scripts/bench-coupons": "measurements of minutes",
            ]
        )

    /// Commands that would take minutes, or for ever, as they stand; each runs with less to do.
    static let shortened: [(command: String, instead: String)] = [
        ("tally load accept --rate 5000 --seconds 130", "tally load accept --rate 50 --seconds 2"),
        ("tally load accept", "tally load accept --requests 200 --connections 4"),
        ("tally load ledger", "tally load ledger --users 5 --transactions 4 --connections 4"),
        ("tally load payments", "tally load payments --accounts 10 --rate 20 --seconds 2 --connections 4"),
        ("tally load distribute", "tally load distribute --sequence 2 --at-once 3"),
        ("tally load coupons", "tally load coupons --coupons 40 --issues 20 --seconds 1 --start-in 1"),
        ("tally coupons watch \"$id\"", "(timeout 2 tally coupons watch \"$id\" --from-start || [ $? = 124 ])"),
    ]

    private static func of(_ document: String, _ reasons: [String: String]) -> [Excuse] {
        reasons.map { Excuse(document: document, begin: $0.key, reason: $0.value) }
    }
}
