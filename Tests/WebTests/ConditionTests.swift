import HTTPTypes
import Testing
import Web

/// Header fields that say under which conditions and how a request is carried out.
struct ConditionTests {
    @Test(
        arguments: [
            ("abc", "abc"), ("\"abc\"", "abc"), ("\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", nil),
            (String(repeating: "k", count: 255), nil), ("a,b;c=d", nil), ("a\"b", nil),
        ] as [(String, String?)]
    )
    func `a key is read, bare or quoted`(value: String, text: String?) {
        #expect(IdempotencyKey(value)?.text == text ?? value)
    }

    @Test(
        arguments: [
            "", "\"\"", "\"", "\"abc", "a b", "\"a b\"", "a\tb", "ü", "a\u{7F}", "\"a\"b\"", "\"a\\b\"",
            String(repeating: "k", count: 256),
        ]
    )
    func `what is no key is refused`(value: String) {
        #expect(IdempotencyKey(value) == nil)
    }

    @Test func `two keys are none`() throws {
        var fields = HTTPFields()
        #expect(try IdempotencyKey.read(fields) == nil)
        fields.append(HTTPField(name: .idempotencyKey, value: "a"))
        #expect(try IdempotencyKey.read(fields)?.text == "a")
        fields.append(HTTPField(name: .idempotencyKey, value: "a"))
        #expect(throws: IdempotencyKey.Failure.self) { try IdempotencyKey.read(fields) }
    }

    @Test(
        arguments: [
            ("*", .any), (" * ", .any), ("\"a@1\"", .these(strong: ["a@1"], weak: [])),
            ("\"a@1\", W/\"b\" ,\"\"", .these(strong: ["a@1", ""], weak: ["b"])),
            (",\"a,b\",", .these(strong: ["a,b"], weak: [])),
        ] as [(String, EntityTags)]
    )
    func `entity tags are read`(value: String, tags: EntityTags) throws {
        #expect(try EntityTags.read([.ifMatch: value], .ifMatch) == tags)
    }

    @Test(arguments: ["", "a", "\"a", "a\"", "\"a\" \"b\"", "\"a\"b", "*, \"a\"", "w/\"a\"", "W/a", ","])
    func `broken entity tags are refused`(value: String) {
        #expect(throws: EntityTags.Failure.self) { try EntityTags.read([.ifMatch: value], .ifMatch) }
    }

    @Test func `a weak comparison ignores weakness`() {
        #expect(EntityTags.these(strong: ["a"], weak: ["b"]).matchesWeakly("b"))
        #expect(EntityTags.these(strong: ["a"], weak: ["b"]).matchesWeakly("a"))
        #expect(!EntityTags.these(strong: ["a"], weak: ["b"]).matchesWeakly("c"))
        #expect(EntityTags.any.matchesWeakly("c"))
    }

    @Test(
        arguments: [
            ("durability=local", "local"), ("respond-async, durability = \"replicated\" ; x=1", "replicated"),
            ("durability=local, durability=replicated", "local"), ("Durability=local", "local"), ("wait=1", nil),
            ("durability", ""), ("=,;,", nil), ("durability=\"", "\""),
        ] as [(String, String?)]
    )
    func `a preference is read and never fails`(value: String, durability: String?) {
        #expect(Preferences([.prefer: value])["durability"] == durability)
    }
}
