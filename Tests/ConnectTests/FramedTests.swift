import Connect
import HTTPTypes
import SwiftProtobuf
import Testing

/// gRPC and gRPC-Web, unary and streams, and Connect's streams.
struct FramedTests {
    static let forms = [
        "application/connect+proto", "application/grpc-web", "application/grpc-web+proto", "application/grpc",
        "application/grpc+proto",
    ]

    @Test(arguments: HTTPVersion.allCases)
    func `a unary call of gRPC-Web ends with a frame of trailers`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            let input = note("hello", "", ["header-X-Custom": "a", "trailer-X-Custom": "b,c"])
            let answer = try await client.framed("Echo", "application/grpc-web", [try Frame(input)])
            #expect(answer.status == 200)
            #expect(answer.fields[.contentType] == "application/grpc-web+proto")
            #expect(answer.fields[.custom] == "a")
            #expect(answer.trailers == nil)
            #expect(answer.frames.map(\.flags) == [0, 0x80])
            #expect(try answer.frames[0].message(Note.self).metadata["protocol"] == "grpc_web")
            #expect(answer.frames[1].text == "grpc-status: 0\r\nx-custom: b\r\nx-custom: c\r\n")
        }
    }

    @Test func `a unary call of gRPC ends with trailers of HTTP`() async throws {
        try await TestServer.run(.two) { client, _, _ in
            let input = note("hello", "", ["header-X-Custom": "a", "trailer-X-Custom": "b,c"])
            let answer = try await client.framed("Echo", "application/grpc", [try Frame(input)])
            #expect(answer.status == 200)
            #expect(answer.fields[.contentType] == "application/grpc+proto")
            #expect(answer.fields[.custom] == "a")
            #expect(answer.frames.map(\.flags) == [0])
            #expect(try answer.frames[0].message(Note.self).metadata["protocol"] == "grpc")
            #expect(answer.trailers?[.grpcStatus] == "0")
            #expect(answer.trailers?[values: .custom] == ["b", "c"])
        }
    }

    @Test func `gRPC knows JSON too`() async throws {
        try await TestServer.run(.two) { client, _, _ in
            let frame = Frame(0, Array(#"{"reason":"hello"}"#.utf8))
            let answer = try await client.framed("Echo", "application/grpc+json", [frame])
            #expect(answer.fields[.contentType] == "application/grpc+json")
            #expect(try Note(jsonUTF8Bytes: answer.frames[0].bytes).reason == "hello")
        }
    }

    @Test(arguments: ["Echo", "Count"])
    func `an error of gRPC without messages is one block, with its details`(method: String) async throws {
        try await TestServer.run(.two) { client, _, _ in
            let input = note("fail", "0", ["trailer-X-Custom": "b"])
            let answer = try await client.framed(method, "application/grpc", [try Frame(input)])
            #expect(answer.status == 200)
            #expect(answer.frames == [])
            // One block is head and trailers.
            let block = answer.fields
            #expect(answer.trailers == nil)
            #expect(block[.custom] == "b")
            #expect(block[.grpcStatus] == "8")
            #expect(block[.grpcMessage] == "sold %C3%B6ut %25")
            let details = try #require(block[.grpcDetails])
            #expect(!details.contains("="))
            let status = try Google_Rpc_Status(serializedBytes: try #require(details.unbase64))
            #expect(status.code == 8)
            #expect(status.message == "sold öut %")
            #expect(try status.details.map { try Note(unpackingAny: $0) } == [note("SOLD_OUT", "tally")])
        }
    }

    @Test(arguments: ["application/connect+proto", "application/grpc-web"], [0, 2])
    func `an error of a stream is in its last frame, behind what was sent`(
        form: String,
        count: Int
    ) async throws {
        try await TestServer.run { client, _, _ in
            let input = note("fail", "\(count)", ["trailer-X-Custom": "b"])
            let answer = try await client.framed("Count", form, [try Frame(input)])
            #expect(answer.status == 200)
            #expect(answer.frames.count == count + 1)
            let last = try #require(answer.frames.last)
            if form.contains("web") {
                #expect(last.flags == 0x80)
                #expect(last.text.contains("grpc-status: 8\r\ngrpc-message: sold %C3%B6ut %25\r\n"))
                #expect(last.text.contains("\r\nx-custom: b\r\n"))
            } else {
                #expect(last.flags == 2)
                let code = #"{"error":{"code":"resource_exhausted","message":"sold öut %","details":["#
                #expect(last.text.hasPrefix(code))
                #expect(last.text.hasSuffix(#""metadata":{"X-Custom":["b"]}}"#))
            }
        }
    }

    @Test(arguments: HTTPVersion.allCases, Self.forms)
    func `a stream has its messages in order, and says that it has ended`(
        version: HTTPVersion,
        form: String
    ) async throws {
        try await TestServer.run(version) { client, _, _ in
            let input = note("", "3", ["header-X-Custom": "a", "trailer-X-Custom": "b"])
            let answer = try await client.framed("Count", form, [try Frame(input)])
            #expect(answer.status == 200)
            #expect(answer.fields[.custom] == "a")
            let messages = try answer.frames.prefix(3).map { try $0.message(Note.self).reason }
            #expect(messages == ["0", "1", "2"])
            if form.hasPrefix("application/connect") {
                #expect(answer.frames.dropFirst(3).map(\.text) == [#"{"metadata":{"X-Custom":["b"]}}"#])
            } else if form.contains("web") {
                #expect(answer.frames.dropFirst(3).map(\.text) == ["grpc-status: 0\r\nx-custom: b\r\n"])
            } else {
                #expect(answer.frames.count == 3)
                #expect(answer.trailers?[.grpcStatus] == "0")
                #expect(answer.trailers?[.custom] == "b")
            }
            if !form.hasPrefix("application/grpc+"), form != "application/grpc" { #expect(answer.trailers == nil) }
        }
    }

    @Test(arguments: Self.forms, [0, 2])
    func `a method that takes one message takes neither none nor two`(form: String, count: Int) async throws {
        try await TestServer.run(.two) { client, _, _ in
            let frames = try (0..<count).map { _ in try Frame(note("", "3")) }
            let methods = form.hasPrefix("application/connect") ? ["Count"] : ["Count", "Echo"]
            for method in methods {
                let answer = try await client.framed(method, form, frames)
                #expect(answer.code == "unimplemented", "\(answer)")
            }
        }
    }

    @Test(arguments: Self.forms)
    func `frames that break the rules end the call`(form: String) async throws {
        try await TestServer.run(.two) { client, _, _ in
            let packed = try await client.framed("Count", form, [try Frame(note("", "3"), flags: 1)])
            #expect(packed.code == "internal")
            let flagged = try await client.framed("Count", form, [try Frame(note("", "3"), flags: 2)])
            #expect(flagged.code == "internal")
            let garbage = try await client.framed("Count", form, [Frame(0, [0xFF])])
            #expect(garbage.code == "invalid_argument")
            var fields: HTTPFields = [.contentType: form]
            fields[.te] = "trailers"
            for cut in [Array(try Frame(note("", "3")).wire.dropLast()), [0, 0, 0]] {
                let answer = try await client.send("/\(Echo.name)/Collect", fields, cut)
                #expect(answer.code == "invalid_argument")
            }
            let name = form.hasPrefix("application/connect") ? HTTPField.Name.connectEncoding : .grpcEncoding
            let unknown = try await client.framed("Count", form, [try Frame(note("", "3"))], [name: "br"])
            #expect(unknown.code == "unimplemented")
        }
    }
}
