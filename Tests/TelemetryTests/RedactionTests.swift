import Logging
import Telemetry
import Testing

struct RedactionTests {
    private let output = RecordedOutput()

    @Test(arguments: [
        "password", "PASSWORD", "redis_password", "secret", "hmac-secret", "token", "apiToken", "auth_token",
        "authorization", "Authorization", "api_key", "private_key", "cookie", "set-cookie",
    ])
    func `a value under a telling name is masked, at any depth`(name: String) {
        makeLogger(self.output).info("x", metadata: [name: "s3cr3t", "nested": [name: ["a": "s3cr3t"]]])
        #expect(self.output.lines.last?.contains("s3cr3t") == false)
        #expect(self.output.lines.last?.contains("***") == true)
    }

    @Test(arguments: ["fencing_token", "page_token", "key", "passwords_changed", "tokens_left", "secretary"])
    func `a name that only sounds like a secret is not masked`(name: String) {
        makeLogger(self.output).info("x", metadata: [name: "plain"])
        #expect(self.output.lines.last?.contains("plain") == true)
    }

    @Test(arguments: [
        ("redis://:hunter2@10.0.0.1:6379/0", "redis://***@10.0.0.1:6379/0"),
        ("redis://bob:hunter2@h", "redis://***@h"),
        ("rediss://bob:hun/ter2@h:1", "rediss://***@h:1"),
        ("redis://bob:a@hunter2@h:1", "redis://***@h:1"),
        ("to redis://a:hunter2@h and redis://b:hunter2@i.", "to redis://***@h and redis://***@i."),
        ("http://bob:hunter2@h/path@x", "http://***@h/path@x"),
        ("https://h/a@b?c=d@e", "https://h/a@b?c=d@e"),
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("://", "://"), (":", ":"), ("a://@", "a://@"),
        ("0x" + String(repeating: "aB", count: 32), "0x***"),
        ("key 0x" + String(repeating: "1", count: 64) + ".", "key 0x***."),
        ("0x" + String(repeating: "1", count: 40), "0x" + String(repeating: "1", count: 40)),
        ("0x", "0x"), ("0", "0"),
    ])
    func `passwords in URLs and keys in hexadecimal are masked`(text: String, expected: String) throws {
        struct Failure: Error, CustomStringConvertible { let description: String }
        makeLogger(self.output).error("\(text)", error: Failure(description: text), metadata: ["v": [["\(text)"]]])
        let line = try self.output.last()
        #expect(line["msg"] as? String == expected)
        #expect(line["error"] as? String == expected)
        #expect((line["v"] as? [[String]])?.first?.first == expected)
    }

    @Test(arguments: 400...520)
    func `a secret at the limit is masked or cut off, never shown in part`(length: Int) {
        let padding = String(repeating: "x", count: length)
        makeLogger(self.output).info("\(padding) redis://u:hunter2hunter2@h 0x\(String(repeating: "7", count: 64))")
        let line = self.output.lines.last ?? ""
        #expect(!line.contains("hun"))
        #expect(!line.contains("77"))
    }

    @Test(arguments: 0..<200)
    func `no password of a Redis URL survives, wherever it stands`(seed: Int) {
        var random = Seeded(UInt64(seed))
        let before = random.text(upTo: 300)
        let after = random.text(upTo: 300)
        makeLogger(self.output).info(
            "\(before) redis://user:QqZz17@host \(after)",
            metadata: ["v": "\(before)redis://:QqZz17@h"]
        )
        #expect(self.output.lines.last?.contains("QqZz17") == false)
    }
}
