import Foundation
import HTTPTypes
import Support
import Testing
import Web

/// Long answers, packed for who takes it.
struct PackedAnswerTests {
    private static let text = "{\"text\":\"\(String(repeating: "tally ", count: 5000))\"}"

    private func ask(_ port: Int, _ path: String, _ options: String...) async throws -> (head: String, body: String) {
        let url = "http://127.0.0.1:\(port)\(path)"
        let answer = try await Program.output("/usr/bin/curl", ["-sS", "-i"] + options + [url])
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        return (parts[0].lowercased(), parts.count > 1 ? String(parts[1]) : "")
    }

    @Test(arguments: ["--http1.1", "--http2-prior-knowledge"])
    func `a long answer is packed for who takes it, and says on what it depends`(version: String) async throws {
        try await withServer { port, _, _ in
            // curl asks for gzip and unpacks it.
            let packed = try await self.ask(port, "/packed", version, "--compressed")
            #expect(packed.body == Self.text)
            #expect(packed.head.contains("content-encoding: gzip") && packed.head.contains("etag: w/\"a@1\""))
            let length = try #require(packed.head.firstMatch(of: #/content-length: (\d+)/#).flatMap { Int($0.1) })
            #expect(length < 1000)
            let bare = try await self.ask(port, "/packed", version)
            #expect(bare.body == Self.text && !bare.head.contains("content-encoding"))
            #expect(
                bare.head.contains("etag: \"a@1\"") && bare.head.contains("content-length: \(Self.text.utf8.count)")
            )
            for head in [packed.head, bare.head] {
                #expect(head.contains("vary: origin") && head.contains("accept-encoding"), "\(head)")
            }
            let looked = try await self.ask(port, "/packed", version, "-I", "-H", "Accept-Encoding: gzip")
            #expect(looked.body.isEmpty && looked.head.contains("content-length: \(length)"))
            #expect(looked.head.contains("content-encoding: gzip"))
        }
    }

    @Test func `a short answer, and one that is no text, stays as it is`() async throws {
        try await withServer(limits { $0.packingThreshold = 40_000 }) { port, _, _ in
            for path in ["/packed", "/plain", "/items/a"] {
                let answer = try await self.ask(port, path, "--compressed")
                #expect(!answer.head.contains("content-encoding") && !answer.head.contains("accept-encoding"))
            }
        }
    }

    @Test(
        arguments: [
            ([], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true), (["br, gzip;q=0.5"], true),
            (["br", "gzip"], true), (["gzip;q=0"], false), (["gzip; q=0.000"], false), (["*"], true),
            (["*;q=0"], false),
            (["*, gzip;q=0"], false), (["identity, gzip;q=0.5"], false), (["identity;q=0.5, gzip"], true),
            (["identity;q=0, gzip;q=0.1"], true), (["identity"], false), ([""], false), (["gzip;q=x"], false),
            (["gzip;q=2"], false), (["gzip;q=-1"], false), (["deflate, br;q=1.0"], false), (["gzip;level=9"], true),
        ] as [([String], Bool)]
    )
    func `a list of codings is weighed`(values: [String], takesGzip: Bool) {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: .acceptEncoding, value: value)) }
        #expect(AcceptedCoding.takesGzip(fields) == takesGzip, "\(values)")
    }
}
