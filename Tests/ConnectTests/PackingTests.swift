import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing
import Web

/// gzip, and the limit on messages.
struct PackingTests {
    /// `hello hello hello hello` by another program.
    private static let foreign: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40,
        0x27, 0x01, 0xE3, 0x51, 0x3D, 0x8D, 0x17, 0x00, 0x00, 0x00,
    ]

    @Test func `what others packed is unpacked, also in several members`() throws {
        let text = Array("hello hello hello hello".utf8)
        #expect(try Gzip.inflated(Self.foreign, limit: 23) == text)
        #expect(try Gzip.inflated(Self.foreign + Self.foreign, limit: 46) == text + text)
        #expect(throws: GzipError.tooLong) { try Gzip.inflated(Self.foreign, limit: 22) }
        #expect(throws: GzipError.tooLong) { try Gzip.inflated(Self.foreign + Self.foreign, limit: 45) }
        for count in 0..<Self.foreign.count {
            #expect(throws: GzipError.malformed) { try Gzip.inflated(Array(Self.foreign.prefix(count)), limit: 23) }
        }
        #expect(throws: GzipError.malformed) { try Gzip.inflated(Self.foreign + [0], limit: 23) }
    }

    @Test(arguments: Seed.cases(30))
    func `any bytes come back, and broken ones do no harm`(seed: Seed) throws {
        var random = seed.random
        let count = Int.random(in: 0...60_000, using: &random)
        let letters = UInt8.random(in: 1...255, using: &random)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...letters, using: &random) }
        var packed = try #require(Gzip.deflated(bytes))
        #expect(try Gzip.inflated(packed, limit: count) == bytes)
        if count > 0 { #expect(throws: GzipError.tooLong) { try Gzip.inflated(packed, limit: count - 1) } }
        for _ in 0..<20 {
            packed[Int.random(in: 0..<packed.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            do {
                let output = try Gzip.inflated(packed, limit: 70_000)
                #expect(output.count <= 70_000)
            } catch {
                #expect([.malformed, .tooLong].contains(error))
            }
        }
    }

    @Test func `a bomb is stopped at the limit, and no bytes are no bytes`() throws {
        let bomb = try #require(Gzip.deflated([UInt8](repeating: 0, count: 64 << 20)))
        #expect(bomb.count < 400_000)
        #expect(throws: GzipError.tooLong) { try Gzip.inflated(bomb, limit: 1 << 20) }
        #expect(try ContentCoding.gzip.unpacked([], limit: 10) == [])
        #expect(ContentCoding.gzip.packed([], threshold: 0) == nil)
        #expect(ContentCoding.gzip.packed([1, 2], threshold: 3) == nil)
        #expect(ContentCoding.identity.packed([1, 2, 3], threshold: 0) == nil)
    }

    @Test(arguments: [
        (["gzip"], ContentCoding.gzip), (["br, gzip;q=0.5"], .gzip), (["gzip;q=0"], .identity), (["br"], .identity),
        (["identity, gzip"], .identity), (["br", "GZIP"], .gzip), (["gzip;q=0.000, identity"], .identity),
        ([""], .identity),
    ])
    func `an answer is packed as its caller likes best of what we know`(lists: [String], coding: ContentCoding) {
        #expect(ContentCoding.accepted(lists, request: .identity) == coding)
        #expect(ContentCoding.accepted([], request: .gzip) == .gzip)
    }

    @Test(arguments: HTTPVersion.allCases)
    func `a unary answer is packed for who accepts it, when it is worth it`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, _, _ in
            let long = note("hello", String(repeating: "abc", count: 1000))
            let bytes: [UInt8] = try long.serializedBytes()
            let packed = try #require(Gzip.deflated(bytes))
            let path = "/\(Echo.name)/Echo"
            let type = HTTPField(name: .contentType, value: "application/proto")
            var fields = HTTPFields([type])
            fields[.contentEncoding] = "gzip"
            for accept in [nil, "gzip"] {
                fields[.acceptEncoding] = accept
                let answer = try await client.send(path, fields, packed)
                #expect(answer.fields[.contentEncoding] == "gzip")
                #expect(answer.body.count < 500)
                let body = try Gzip.inflated(answer.body, limit: 10_000)
                #expect(try Note(serializedBytes: body).domain == long.domain)
            }
            fields[.acceptEncoding] = "identity"
            let plain = try await client.send(path, fields, packed)
            #expect(plain.fields[.contentEncoding] == nil)
            #expect(try plain.message(Note.self).domain == long.domain)
            fields[.acceptEncoding] = "gzip"
            let short: [UInt8] = try note("hi").serializedBytes()
            let small = try await client.send(path, fields, try #require(Gzip.deflated(short)))
            #expect(small.fields[.contentEncoding] == nil)
        }
    }

    @Test(arguments: FramedTests.forms)
    func `messages of a stream are packed one by one`(form: String) async throws {
        try await TestServer.run(.two) { client, _, _ in
            let isConnect = form.hasPrefix("application/connect")
            let input: [UInt8] = try note("", "2", ["filler": "5000"]).serializedBytes()
            let frame = Frame(1, try #require(Gzip.deflated(input)))
            let content = isConnect ? HTTPField.Name.connectEncoding : .grpcEncoding
            let accept = isConnect ? HTTPField.Name.connectAccept : .grpcAccept
            let answer = try await client.framed("Count", form, [frame], [content: "gzip", accept: "gzip"])
            #expect(answer.fields[content] == "gzip")
            #expect(answer.fields[accept] == "gzip")
            #expect(answer.frames.prefix(2).map(\.flags) == [1, 1])
            let first = try Gzip.inflated(try #require(answer.frames.first).bytes, limit: 10_000)
            #expect(try Note(serializedBytes: first).domain.utf8.count == 5000)
            #expect(answer.code == "ok")
            // A message that is not packed may come among packed ones.
            let plain = try await client.framed(
                "Count",
                form,
                [Frame(0, input)],
                [content: "gzip", accept: "identity"]
            )
            #expect(plain.fields[content] == nil)
            #expect(plain.frames.prefix(2).map(\.flags) == [0, 0])
        }
    }

    /// A note whose binary form has exactly this many bytes.
    static func message(ofLength length: Int, _ reason: String = "") throws -> Note {
        let empty: [UInt8] = try note(reason, String(repeating: "x", count: 200)).serializedBytes()
        return note(reason, String(repeating: "x", count: length - empty.count + 200))
    }

    @Test func `a message may be as long as the limit, packed or not, and no longer`() async throws {
        var configuration = ConnectConfiguration()
        configuration.messageLimit = 2000
        try await TestServer.run(.two, configuration: configuration) { client, _, _ in
            for (length, code) in [(2000, "ok"), (2001, "resource_exhausted")] {
                let message = try Self.message(ofLength: length)
                let bytes: [UInt8] = try message.serializedBytes()
                #expect(bytes.count == length)
                let packed = try #require(Gzip.deflated(bytes))
                let bare = try await client.unary("Echo", message)
                #expect(bare.status == (code == "ok" ? 200 : 429))
                let small = try await client.send(
                    "/\(Echo.name)/Echo",
                    [.contentType: "application/proto", .contentEncoding: "gzip"],
                    packed
                )
                #expect(small.status == (code == "ok" ? 200 : 429))
                for form in FramedTests.forms {
                    let coding = form.hasPrefix("application/connect") ? HTTPField.Name.connectEncoding : .grpcEncoding
                    let framed = try await client.framed("Collect", form, [Frame(0, bytes), Frame(0, bytes)])
                    #expect(framed.code == code)
                    let both = try await client.framed("Collect", form, [Frame(1, packed)], [coding: "gzip"])
                    #expect(both.code == code)
                }
            }
            // The length alone says enough: the message itself need not come.
            let claim = try await client.framed("Collect", "application/grpc", [])
            #expect(claim.code == "ok")
            var fields: HTTPFields = [.contentType: "application/grpc"]
            fields[.te] = "trailers"
            let long = try await client.send("/\(Echo.name)/Collect", fields, [0, 0xFF, 0xFF, 0xFF, 0xFF, 1])
            #expect(long.code == "resource_exhausted")
        }
    }
}
