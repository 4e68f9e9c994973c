import Access
import Support
import Testing

@Suite("API keys as texts")
struct APIKeyTests {
    @Test func `a key that was made is read again`() throws {
        var generator = SystemRandomNumberGenerator()
        let key = APIKey(using: &generator)
        let read = try #require(APIKey(key.text))
        #expect(read.id == key.id)
        #expect(read.digest == key.digest)
        #expect(key.text.hasPrefix("tally_\(key.id)_"))
        #expect(key.text.utf8.count == 71)
    }

    @Test func `no two keys have an id or a secret in common`() {
        var generator = SystemRandomNumberGenerator()
        let keys = (0..<1000).map { _ in APIKey(using: &generator) }
        #expect(Set(keys.map(\.id)).count == 1000)
        #expect(Set(keys.map(\.digest)).count == 1000)
    }

    @Test func `what is a letter longer, shorter or other is no key`() {
        var generator = SystemRandomNumberGenerator()
        let text = APIKey(using: &generator).text
        let wrong = [
            "", "tally_", String(text.dropLast()), text + "0", text.uppercased(), " " + text,
            text.replacing("tally_", with: "tallx_"), String(text.dropLast()) + "é", String(text.dropLast()) + "u",
            String(repeating: "_", count: 71), text.replacing("_", with: "-"),
        ]
        for text in wrong { #expect(APIKey(text) == nil, "\(text)") }
    }

    @Test func `an order is refused for what it lacks`() throws {
        #expect(throws: AccessError.nameInvalid) { try APIKeyOrder(name: "", scopes: ["ledger:read"], life: nil) }
        #expect(throws: AccessError.nameInvalid) { try APIKeyOrder(name: "a b", scopes: ["ledger:read"], life: nil) }
        #expect(throws: AccessError.scopeInvalid("")) { try APIKeyOrder(name: "a", scopes: [], life: nil) }
        #expect(throws: AccessError.scopeInvalid("ledger:all")) {
            try APIKeyOrder(name: "a", scopes: ["ledger:read", "ledger:all"], life: nil)
        }
        #expect(throws: AccessError.lifeInvalid) {
            try APIKeyOrder(name: "a", scopes: ["ledger:read"], life: .milliseconds(1))
        }
        #expect(APIKeyOrder.allScopes.count == 15)
    }

    @Test func `a record that nobody wrote is none`() {
        let digest = String(repeating: "0a", count: 32)
        #expect(APIKeyRecord(id: "x", record: "\(digest) 1 0 shop ledger:read,uniques:write")?.scopes.count == 2)
        let wrong = ["", "x", "\(digest) 1 0 shop", "\(digest) a 0 shop x", "00 1 0 shop x", "\(digest) 1 0  x"]
        for record in wrong { #expect(APIKeyRecord(id: "x", record: record) == nil, "\(record)") }
    }
}
