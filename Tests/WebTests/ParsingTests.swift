import HTTPTypes
import JSON
import Support
import Testing
import Web

struct ParsingTests {
    @Test func `a query is decoded once and strictly`() throws {
        let query = try QueryParameters(ofTarget: "/x?a=1&b=%2Fa%20b&c=&d&e=a+b&f=a=b")
        #expect(query["a"] == "1")
        #expect(query["b"] == "/a b")
        #expect(query["c"] == "")
        #expect(query["d"] == "")
        #expect(query["e"] == "a+b")
        #expect(query["f"] == "a=b")
        #expect(query["g"] == nil)
        #expect(try QueryParameters(ofTarget: "/x").names.isEmpty)
        #expect(try QueryParameters(ofTarget: "/x?").names.isEmpty)
    }

    @Test(arguments: ["a=1&a=2", "a=%", "a=%2", "a=%zz", "a=%ff", "a=%00", "a=%0d%0aX", "%61=1&a=2"])
    func `a query that two readers could read differently is refused`(query: String) {
        #expect(throws: QueryParameters.Failure.self) { try QueryParameters(ofTarget: "/x?" + query) }
    }

    @Test func `numbers keep their text`() throws {
        let value = try JSONParser.parse(Array(#"{"a":1.10,"b":[-0,1e2,9007199254740993],"c":{"d":null}}"#.utf8))
        let numbers = JSONValue.array([.number("-0"), .number("1e2"), .number("9007199254740993")])
        #expect(value == .object(["a": .number("1.10"), "b": numbers, "c": .object(["d": .null])]))
    }

    @Test func `strings are unescaped, pairs of surrogates too`() throws {
        let value = try JSONParser.parse(Array(#"["\u00e9\ud83d\ude00\n\/\"\\"]"#.utf8))
        #expect(value == .array([.string("é😀\n/\"\\")]))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "nul", "NaN", "Infinity", "'a'", "{a:1}",
        "\"\u{1}\"", #""\x""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "1 2", "[1 2]", "{\"a\" 1}", "\"",
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":1}"#,
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test func `depth is bounded and bad UTF-8 is refused`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.tooDeep) { try JSONParser.parse(Array(deep.utf8)) }
        #expect(throws: JSONError.notUTF8) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.notUTF8) { try JSONParser.parse([0xEF, 0xBB, 0xBF, 0x31]) }
    }

    /// Random bytes never trap the parser, and what it takes it gives back unchanged when written again.
    @Test(arguments: Seed.cases(200))
    func `random bytes are parsed or refused`(seed: Seed) {
        var random = seed.random
        let alphabet = Array("{}[]\",:0123456789.eE+-truefalsn\\u \u{e9}".utf8)
        let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
        _ = try? JSONParser.parse(bytes)
    }

    @Test func `fields are taken out by type and the rest is unknown`() throws {
        var fields = try JSONFields(try JSONParser.parse(Array(#"{"a":"x","b":12,"c":1.0,"d":1}"#.utf8)))
        #expect(try fields.string("a") == "x")
        #expect(try fields.integer("b") == 12)
        #expect(throws: JSONError.wrongType(field: "c", wanted: "a whole number in plain digits that fits 64 bits")) {
            try fields.integer("c")
        }
        #expect(throws: JSONError.missingField("e")) { try fields.string("e") }
        #expect(throws: JSONError.unknownField) { try fields.finish() }
    }

    @Test func `a route table knows paths, parameters and methods`() {
        var table = RouteTable()
        table.add(.get, "/a")
        table.add(.post, "/a")
        table.add(.get, "/a/{x}/b")
        #expect(table.methods(for: "/a").map(\.rawValue) == ["GET", "HEAD", "POST"])
        #expect(table.methods(for: "/a/1/b").map(\.rawValue) == ["GET", "HEAD"])
        #expect(table.methods(for: "/a//b").isEmpty)
        #expect(table.methods(for: "/a/").isEmpty)
        #expect(table.methods(for: "/A").isEmpty)
    }

    @Test func `the date of an answer is the RFC's`() {
        #expect(HTTPDate.text(ofSecond: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(ofSecond: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(ofSecond: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    }

    @Test func `readiness fails with one check and says which`() {
        let report = ReadinessReport([
            ReadinessCheck("a") { .ready }, ReadinessCheck("b") { .notReady("away") },
            ReadinessCheck("c") { .degraded("slow") },
        ])
        #expect(!report.isReady)
        #expect(report.text == "[+]a ok\n[-]b failed: away\n[+]c degraded: slow\nreadyz check failed\n")
    }

    @Test func `a trace parent has four parts of the right size`() {
        #expect(TraceParent.isValid("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        #expect(!TraceParent.isValid("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        #expect(!TraceParent.isValid("x"))
    }
}
