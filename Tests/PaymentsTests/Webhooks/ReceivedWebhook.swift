import Foundation
import Testing

/// A webhook as a receiver has it, and what a receiver does with it, in Python.
struct ReceivedWebhook: Codable, Sendable {
    var headers: [String: String]
    var body: String
    /// Base64, without its prefix.
    var secret: String

    /// The receiver's check as the documents have it.
    private static let program = """
        import base64, hashlib, hmac, json, sys

        def verify(headers, body, secret, now):
            key = base64.b64decode(secret)
            sent = int(headers["webhook-timestamp"])
            if abs(now - sent) > 300:
                return False
            text = f'{headers["webhook-id"]}.{sent}.'.encode() + body
            good = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
            return any(hmac.compare_digest("v1," + good, one) for one in headers["webhook-signature"].split(" "))

        now, cases = json.load(sys.stdin)
        print(json.dumps([verify(c["headers"], c["body"].encode(), c["secret"], now) for c in cases]))
        """

    /// Python's verdict on each webhook when its clock shows `now`.
    static func verified(_ cases: [ReceivedWebhook], now: Int64) async throws -> [Bool] {
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        try input.fileHandleForWriting.write(contentsOf: Data("[\(now),\(text)]".utf8))
        try input.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode([Bool].self, from: answer)
    }
}
