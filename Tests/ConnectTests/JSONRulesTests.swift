import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing

struct JSONRulesTests {
    private static let rules: JSONRules = {
        var file = Google_Protobuf_FileDescriptorProto()
        file.name = "rules.proto"
        file.package = "test"
        let field = { (name: String, json: String, number: Int32) in
            Google_Protobuf_FieldDescriptorProto.with {
                ($0.name, $0.jsonName, $0.number, $0.label, $0.type) = (name, json, number, .optional, .string)
            }
        }
        var mode = field("issue_mode", "issueMode", 2)
        (mode.type, mode.typeName) = (.enum, ".test.Mode")
        var modes = field("modes", "modes", 3)
        (modes.type, modes.typeName, modes.label) = (.enum, ".test.Mode", .repeated)
        var inner = field("inner", "inner", 4)
        (inner.type, inner.typeName) = (.message, ".test.Order")
        var map = field("by_name", "byName", 5)
        (map.type, map.typeName, map.label) = (.message, ".test.Order.ByNameEntry", .repeated)
        var value = field("value", "value", 2)
        (value.type, value.typeName) = (.message, ".test.Order")
        let entry = Google_Protobuf_DescriptorProto.with {
            $0.name = "ByNameEntry"
            $0.field = [field("key", "key", 1), value]
            $0.options.mapEntry = true
        }
        file.messageType = [
            .with {
                $0.name = "Order"
                $0.field = [field("user_id", "userId", 1), mode, modes, inner, map]
                $0.nestedType = [entry]
            }
        ]
        file.enumType = [
            .with {
                $0.name = "Mode"
                $0.value = [.with { $0.name = "MODE_NONE" }, .with { ($0.name, $0.number) = ("MODE_ONE", 1) }]
            }
        ]
        let set = Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }
        guard let bytes: [UInt8] = try? set.serializedBytes(), let rules = try? JSONRules([bytes]) else {
            return JSONRules()
        }
        return rules
    }()

    private func refusal(_ json: String) -> RPCError? {
        do { try Self.rules.check(Array(json.utf8), as: "test.Order") } catch { return error }
        return nil
    }

    @Test(arguments: [
        "{}", #"{"userId":"a"}"#, #"{"user_id":"a"}"#, #"{"issueMode":"MODE_ONE","modes":["MODE_NONE",1,7]}"#,
        #"{"issue_mode":1}"#, #"{"issueMode":null}"#, #"{"inner":{"userId":"a"},"userId":"b"}"#,
        #"{"unknown":{"a":1,"b":[true]},"also":"MODE_TWO"}"#, #"{"byName":{"userId":{"userId":"a"},"user_id":{}}}"#,
    ])
    func `a message that means one thing is taken`(json: String) {
        #expect(self.refusal(json) == nil)
    }

    @Test(arguments: [
        #"{"userId":"a","user_id":"b"}"#, #"{"userId":"a","userId":"a"}"#, #"{"inner":{"user_id":1,"userId":1}}"#,
        #"{"byName":{"x":{"user_id":1,"userId":1}}}"#, #"{"byName":{"x":{},"x":{}}}"#, #"{"a":{"b":1,"b":2}}"#,
        #"{"issueMode":"ONE"}"#, #"{"issue_mode":"mode_one"}"#, #"{"issueMode":""}"#, #"{"modes":["MODE_ONE","x"]}"#,
        #"{"inner":{"issueMode":"x"}}"#, #"{"byName":{"x":{"issueMode":"x"}}}"#, "", "{", "{}{}", "\u{FEFF}{}",
    ])
    func `a message that could mean two things, or nothing, is refused`(json: String) {
        #expect(self.refusal(json)?.code == .invalidArgument)
    }

    @Test func `a refused name of an enum is told with the names that there are`() throws {
        let refusal = try #require(self.refusal(#"{"issueMode":"LEASED"}"#))
        #expect(refusal.message == "issue_mode: must be one of MODE_NONE, MODE_ONE")
        #expect(refusal.details.map(\.type) == ["google.rpc.ErrorInfo", "google.rpc.BadRequest"])
    }

    @Test func `depth has a limit, in fields that nobody knows too`() {
        for (depth, isTaken) in [(JSONRules.depthLimit - 1, true), (JSONRules.depthLimit, false), (8000, false)] {
            // The message is the first of them.
            let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect((self.refusal("{\"unknown\":\(arrays)}") == nil) == isTaken, "\(depth)")
        }
    }

    /// Planes 0 to 16, names of real people among them; an escaped backslash begins no escape.
    @Test func `a character is the same in whatever way it is written`() throws {
        let planes = (1...16).flatMap { plane in [0, 0x0BB7, 0xFFFF].compactMap { Unicode.Scalar(plane << 16 + $0) } }
        for scalar in planes + ["a", "가", "\u{FFFD}"] {
            let digits = String(scalar).utf16.map { unit in
                let text = String(unit, radix: 16)
                return String(repeating: "0", count: 4 - text.count) + text
            }
            let escapes = [digits, digits.map { $0.uppercased() }].map { $0.map { #"\u\#($0)"# }.joined() }
            for written in escapes + [String(scalar)] {
                let json = #"{"reason":"x\#(written)\\ud842\\udfb7\#(written)"}"#
                let info: Google_Rpc_ErrorInfo = try MessageCodec.json.decode(Array(json.utf8))
                #expect(info.reason == #"x\#(scalar)\ud842\udfb7\#(scalar)"#, "U+\(String(scalar.value, radix: 16))")
            }
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `the rules hold for every form of a call in JSON`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, echo, _ in
            let twice = Array(#"{"reason":"a","reason":"b"}"#.utf8)
            let bare = try await client.send("/\(Echo.name)/Put", [.contentType: "application/json"], twice)
            #expect(bare.status == 400)
            #expect(bare.code == "invalid_argument")
            let query = "encoding=json&message=%7B%22reason%22:%22a%22,%22reason%22:%22b%22%7D"
            let get = try await client.send("/\(Echo.name)/Echo?\(query)", method: .get)
            #expect(get.code == "invalid_argument")
            for form in ["application/connect+json", "application/grpc-web+json"] {
                for method in ["Count", "Collect"] {
                    let framed = try await client.framed(method, form, [Frame(0, twice)])
                    #expect(framed.code == "invalid_argument")
                }
            }
            let web = try await client.framed("Put", "application/grpc-web+json", [Frame(0, twice)])
            #expect(web.code == "invalid_argument")
            #expect(echo.seen.isEmpty)
        }
    }

    @Test func `groups that nobody knows have a depth, too`() async throws {
        try await TestServer.run { client, _, _ in
            // Field 100, the beginning of a group, and as many ends.
            let begin: [UInt8] = [0xA3, 0x06]
            let end: [UInt8] = [0xA4, 0x06]
            let deep = (0..<20_000).flatMap { _ in begin } + (0..<20_000).flatMap { _ in end }
            let answer = try await client.send("/\(Echo.name)/Put", [.contentType: "application/proto"], deep)
            #expect(answer.code == "invalid_argument")
        }
    }
}
