import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing
import Web

struct GetTests {
    private func get(_ client: TestClient, _ query: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        try await client.send("/\(Echo.name)/Echo?\(query)", method: .get, fields)
    }

    @Test(arguments: HTTPVersion.allCases)
    func `a message comes in the query, bare or in either base64`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            // Bytes whose base64 has the characters in which the two alphabets differ.
            let input = note("ûþ?>~", "ÿÿÿ")
            let bytes: [UInt8] = try input.serializedBytes()
            let standard = bytes.base64
            let safe = standard.replacing("+", with: "-").replacing("/", with: "_")
            #expect(standard != safe)
            let padding = String(repeating: "%3D", count: (4 - safe.count % 4) % 4)
            for text in [safe, safe + padding, standard.replacing("+", with: "%2B").replacing("/", with: "%2F")] {
                let answer = try await self.get(
                    client,
                    "connect=v1&base64=1&message=\(text)&compression=identity&encoding=proto"
                )
                #expect(answer.status == 200)
                #expect(answer.fields[.contentType] == "application/proto")
                let output = try answer.message(Note.self)
                #expect(output.reason == input.reason)
                #expect(output.metadata["get"]?.contains("compression=identity encoding=proto") == true)
            }
            let bare = try await self.get(client, "encoding=json&message=%7B%22reason%22:%22a+b%2Bc%22%7D")
            #expect(bare.status == 200)
            #expect(try Note(jsonUTF8Bytes: bare.body).reason == "a b+c")
            #expect(bare.fields[.vary] == "Accept-Encoding")
        }
    }

    @Test func `a packed message is unpacked, and HEAD answers like GET`() async throws {
        try await TestServer.run { client, _, _ in
            let packed = try #require(Gzip.deflated(Array(#"{"reason":"packed"}"#.utf8))).base64
            let text = packed.replacing("+", with: "-").replacing("/", with: "_")
            let query = "compression=gzip&base64=1&encoding=json&message=\(text)"
            let answer = try await self.get(client, query)
            #expect(try Note(jsonUTF8Bytes: answer.body).reason == "packed")
            let head = try await client.send("/\(Echo.name)/Echo?\(query)", method: .head)
            #expect(head.status == 200)
            #expect(head.body == [])
        }
    }

    @Test(arguments: [
        ("encoding=proto", 400), ("message=", 400), ("encoding=proto&message=%2", 400), ("encoding=json&message=", 400),
        ("encoding=proto&message=%zz", 400), ("encoding=proto&base64=1&message=a", 400), ("", 400),
        ("encoding=proto&base64=1&message=%26", 400), ("encoding=xml&message=", 415),
        ("connect=v2&encoding=proto&message=", 400), ("encoding=proto&message=&compression=br", 501),
        ("encoding=proto&message=&x=1", 400), ("encoding=proto&message=&message=", 400),
        ("encoding=proto&message=&%zz", 400),
        ("encoding=proto&message=", 200), ("connect=v1&encoding=proto&message=&base64=1", 200),
    ])
    func `a query that is no call is refused`(query: String, status: Int) async throws {
        try await TestServer.run { client, _, _ in
            let answer = try await self.get(client, query)
            #expect(answer.status == status)
            if status >= 400, status != 415 { #expect(answer.fields[.cacheControl] == "no-store") }
        }
    }

    @Test(arguments: Seed.cases(50))
    func `any query is taken apart without harm`(seed: Seed) {
        var random = seed.random
        let pieces = ["%", "&", "=", "+", "a", "é", "message", "encoding", "proto", "base64", "1", "%41", "json", "%f"]
        let query = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }.joined()
        do {
            let parsed = try CallQuery(query)
            #expect(parsed["message"] != nil)
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }
}
