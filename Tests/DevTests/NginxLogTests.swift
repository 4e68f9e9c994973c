import Dev
import Foundation
import NIOCore
import Support
import Testing

/// The access log of nginx: lines that a machine reads, and nothing that may be secret.
struct NginxLogTests {
    private static let secret = "s3cr3t"

    /// Requests with a query that nobody may see, and with bytes that are no text.
    private static let requests: [[UInt8]] = {
        let heads = [
            "GET /api/verve/accept?id=\(Self.secret) HTTP/1.1", "POST /payments?key=\(Self.secret) HTTP/1.1",
            "GET /a\"b\\?\(Self.secret) HTTP/1.1", "GET /a#?\(Self.secret) HTTP/1.1",
            "DELETE /x?\(Self.secret) HTTP/1.0", "PATCH /?\(Self.secret) HTTP/1.1", "GET /?\(Self.secret)",
            "GET http://a/x?\(Self.secret) HTTP/1.1",
        ]
        let plain = heads.map {
            Array("\($0)\r\nHost: a\r\nReferer: http://a/?\(Self.secret)\r\nConnection: close\r\n\r\n".utf8)
        }
        let odd: [[UInt8]] = (1...0xFF).filter { $0 != 0x0A && $0 != 0x0D }.map { byte in
            Array("GET /odd".utf8) + [UInt8(byte)] + Array("path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        }
        return plain + odd + [[0x16, 0x03, 0x01, 0xFF, 0x0D, 0x0A, 0x0D, 0x0A], [0xC3, 0x28, 0x0D, 0x0A, 0x0D, 0x0A]]
    }()

    @Test func `every line of the access log is JSON, whatever bytes came, and no log has a query`() async throws {
        // Nobody listens at the first, and the second dies: nginx has something to say about both.
        try await withUpstream(.killing) { upstream in
            try await withNginx(upstreams: [try freePort(), upstream.port]) { entry in
                for request in Self.requests {
                    // Bytes that are no request may be answered with a reset.
                    _ = try? await exchange(bytes: request, port: entry.http)
                }
                let folder = URL(filePath: entry.prefix).appending(path: "log")
                let access = folder.appending(path: "access.log")
                try await eventually("all is written") {
                    (try? Data(contentsOf: access))?.count { $0 == 0x0A } ?? 0 >= Self.requests.count
                }
                for line in try Data(contentsOf: access).split(separator: 0x0A) {
                    let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
                    let said = String(decoding: line, as: UTF8.self)
                    #expect(object?["status"] is Int && object?["path"] is String, "\(said)")
                }
                let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                #expect(files.count >= 2)
                for file in files {
                    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                    #expect(!text.contains(Self.secret), "\(file.lastPathComponent): \(text)")
                }
            }
        }
    }

    @Test func `a flood of requests with a method that nobody has is told by a sample`() async throws {
        try await withNginx(upstreams: [try freePort()]) { entry in
            for _ in 0..<300 {
                let answer = try await exchange(
                    "TRACE /flood HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    port: entry.http
                )
                #expect(answer.hasPrefix("HTTP/1.1 501"))
            }
            _ = try await exchange("DELETE /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: entry.http)
            let access = URL(filePath: entry.prefix).appending(path: "log/access.log")
            try await eventually("the last one is written") {
                (try? String(contentsOf: access, encoding: .utf8))?.contains("/last") ?? false
            }
            let lines = try String(contentsOf: access, encoding: .utf8).split(separator: "\n")
            // Three are expected; sixty come once in very many years.
            #expect(lines.count { $0.contains("/flood") } < 60)
        }
    }
}
