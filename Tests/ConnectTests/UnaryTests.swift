import Connect
import HTTPTypes
import JSON
import SwiftProtobuf
import Testing

struct UnaryTests {
    @Test(arguments: HTTPVersion.allCases)
    func `a message is answered in the form it came in`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            let binary = try await client.unary("Echo", note("hello", "there"))
            #expect(binary.status == 200)
            #expect(binary.fields[.contentType] == "application/proto")
            #expect(binary.fields[.cacheControl] == "no-store")
            #expect(binary.trailers == nil)
            let answer = try binary.message(Note.self)
            #expect(answer.reason == "hello")
            #expect(answer.metadata["method"] == "test.v1.EchoService/Echo")
            #expect(answer.metadata["protocol"] == "connect")
            let text = try await client.send(
                "/old.EchoService/Echo",
                [.contentType: "application/json; charset=utf-8"],
                Array(#"{"reason":"hello","unknown":{"a":[1]}}"#.utf8)
            )
            #expect(text.status == 200)
            #expect(text.fields[.contentType] == "application/json")
            let json = try Note(jsonUTF8Bytes: text.body)
            #expect(json.reason == "hello")
            #expect(json.metadata["method"] == "old.EchoService/Echo")
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `headers come and go with all their values, trailers as headers with a prefix`(
        version: HTTPVersion
    ) async throws {
        try await TestServer.run(version) { client, _, _ in
            var fields: HTTPFields = [.connectVersion: "1"]
            for value in ["one", "two"] { fields.append(HTTPField(name: .seen, value: value)) }
            let input = note("", "", ["header-X-Custom": "a,b", "trailer-X-Custom": "c,d", "header-grpc-status": "9"])
            let answer = try await client.unary("Echo", input, fields)
            #expect(answer.status == 200)
            #expect(try answer.message(Note.self).metadata["seen"] == "one|two")
            #expect(answer.fields[values: .custom] == ["a", "b"])
            #expect(answer.fields[values: .trailerCustom] == ["c", "d"])
            #expect(answer.fields[.grpcStatus] == nil)
            #expect(answer.trailers == nil)
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `an error is JSON with its code, its text and its details`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            let input = note("fail", "", ["header-X-Custom": "a", "trailer-X-Custom": "b"])
            let answer = try await client.unary("Echo", input)
            #expect(answer.status == 429)
            #expect(answer.fields[.contentType] == "application/json")
            #expect(answer.fields[.custom] == "a")
            #expect(answer.fields[.trailerCustom] == "b")
            let detail = RPCDetail(note("SOLD_OUT", "tally"))
            #expect(detail.type == "google.rpc.ErrorInfo")
            #expect(
                answer.text
                    == #"{"code":"resource_exhausted","message":"sold öut %","details":["#
                    + #"{"type":"google.rpc.ErrorInfo","value":"CghTT0xEX09VVBIFdGFsbHk"}]}"#
            )
        }
    }

    @Test func `an error of our inside is told without its text`() async throws {
        try await TestServer.run { client, _, _ in
            let answer = try await client.unary("Echo", note("break"))
            #expect(answer.status == 500)
            #expect(answer.text == #"{"code":"internal","message":"internal error"}"#)
        }
    }

    @Test(arguments: [
        ("application/proto", "Echo", [UInt8]([0xFF]), 400, "invalid_argument"),
        ("application/json", "Echo", Array("{".utf8), 400, "invalid_argument"),
        ("application/json", "Echo", [], 400, "invalid_argument"),
        ("application/json", "Echo", Array("[]".utf8), 400, "invalid_argument"),
        ("application/json", "Nothing", Array("{}".utf8), 501, "unimplemented"),
        ("application/json", "NoSuchMethod", Array("{}".utf8), 501, "unimplemented"),
        ("application/connect+json", "NoSuchMethod", [], 200, "unimplemented"),
        ("application/grpc-web", "NoSuchMethod", [], 200, "grpc-status: 12"),
    ])
    func `what cannot be done says why`(
        type: String,
        method: String,
        body: [UInt8],
        status: Int,
        words: String
    ) async throws {
        try await TestServer.run { client, _, _ in
            let answer = try await client.send("/\(Echo.name)/\(method)", [.contentType: type], body)
            #expect(answer.status == status)
            #expect(answer.text.contains(words), "\(answer.text)")
        }
    }

    @Test(arguments: [
        "text/plain", "image/jpeg", "application/foo", "application/json; charset=latin1", "application/connect+json",
        "application/grpc+xml", "application/connect", "application/grpc-web-text", "",
    ])
    func `a form that a method does not take is refused with those it takes`(type: String) async throws {
        try await TestServer.run { client, _, _ in
            let answer = try await client.send("/\(Echo.name)/Echo", [.contentType: type], Array("{}".utf8))
            #expect(answer.status == 415)
            let types = answer.fields[.acceptPost].map { $0.split(separator: ",").map { $0.trimmed } } ?? []
            #expect(types.contains("application/proto") && types.contains("application/grpc-web+json"))
            #expect(!types.contains("application/connect+proto"))
            #expect(String(decoding: answer.body, as: UTF8.self).contains("-H 'Content-Type: …': application/"))
            let stream = try await client.send("/\(Echo.name)/Count", [.contentType: "application/json"], [])
            #expect(stream.status == 415)
            #expect(stream.fields[.acceptPost]?.contains("application/connect+json") == true)
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `only a method without side effects has GET, and none has DELETE`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            let put = try await client.send("/\(Echo.name)/Put?encoding=json&message=%7B%7D", method: .get)
            #expect(put.status == 405)
            #expect(put.fields[.allow] == "POST")
            let delete = try await client.send("/\(Echo.name)/Put", method: .delete)
            #expect(delete.status == 405)
            #expect(delete.fields[.allow] == "POST")
            let count = try await client.send("/\(Echo.name)/Count?encoding=json&message=%7B%7D", method: .get)
            #expect(count.status == 405)
            let unknown = try await client.send("/\(Echo.name)/No?encoding=json&message=%7B%7D", method: .get)
            #expect(unknown.status == 501)
            let elsewhere = try await client.send("/no.Service/Echo", [.contentType: "application/json"])
            #expect(elsewhere.status == 404)
        }
    }

    @Test(
        arguments: [
            ([HTTPField.Name.connectVersion: "2"], 400, "invalid_argument"),
            ([.connectTimeout: "x"], 400, "invalid_argument"),
            ([.connectTimeout: "12345678901"], 400, "invalid_argument"),
            ([.connectTimeout: "-1"], 400, "invalid_argument"),
            ([.connectTimeout: ""], 400, "invalid_argument"),
            ([.contentEncoding: "foo"], 501, "unimplemented"),
            ([.contentEncoding: "gzip"], 400, "invalid_argument"),
            ([.contentEncoding: "identity", .connectTimeout: "1000", .connectVersion: "1"], 200, ""),
        ] as [(HTTPFields, Int, String)]
    )
    func `what a caller says besides its message is checked`(
        fields: HTTPFields,
        status: Int,
        code: String
    ) async throws {
        try await TestServer.run { client, _, _ in
            let answer = try await client.unary("Echo", note("hello"), fields)
            #expect(answer.status == status)
            #expect(answer.text.contains(code))
        }
    }
}

extension Substring {
    var trimmed: String { String(self.filter { $0 != " " }) }
}
