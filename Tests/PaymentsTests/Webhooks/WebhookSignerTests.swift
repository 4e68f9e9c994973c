import Coordination
import Foundation
import Payments
import Support
import Testing

struct WebhookSignerTests {
    private func secret(_ bytes: some Sequence<UInt8>) throws -> WebhookSecret {
        try WebhookSecret("whsec_" + Data(bytes).base64EncodedString())
    }

    /// The example that the libraries of the standard test themselves with.
    @Test func `the published example has the published signature`() throws {
        let signer = WebhookSigner([try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        let headers = signer.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            time: ServerTime(milliseconds: 1_614_265_330_999),
            body: #"{"test": 2432232314}"#
        )
        #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(
            headers.map(\.value) == [
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ]
        )
    }

    @Test func `what is signed verifies with another implementation, and a changed byte does not`() async throws {
        var random = Seed(7).random
        var cases: [ReceivedWebhook] = []
        for number in 0..<20 {
            let length = Int.random(in: 24...64, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let body = #"{"number":\#(number),"text":"\#(String(repeating: "\u{E4}", count: number))"}"#
            let headers = WebhookSigner([try self.secret(bytes)]).headers(
                id: "s07-\(number)",
                time: ServerTime(milliseconds: 1_800_000_000_000),
                body: body
            )
            let fields = Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
            cases.append(ReceivedWebhook(headers: fields, body: body, secret: Data(bytes).base64EncodedString()))
        }
        #expect(try await ReceivedWebhook.verified(cases, now: 1_800_000_000) == cases.map { _ in true })
        let changed = cases.map { ReceivedWebhook(headers: $0.headers, body: $0.body + " ", secret: $0.secret) }
        #expect(try await ReceivedWebhook.verified(changed, now: 1_800_000_000) == cases.map { _ in false })
        #expect(try await ReceivedWebhook.verified(cases, now: 1_800_000_301) == cases.map { _ in false })
    }

    @Test func `each secret signs, so that one can be changed for the next`() throws {
        let (old, new) = (try self.secret(repeatElement(1, count: 24)), try self.secret(repeatElement(2, count: 64)))
        let signature = { (secrets: [WebhookSecret]) in
            WebhookSigner(secrets).headers(id: "a", time: ServerTime(milliseconds: 5000), body: "{}")[2].value
        }
        #expect(signature([new, old]) == signature([new]) + " " + signature([old]))
        #expect(signature([new]) != signature([old]))
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
        " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAB==", "whsec_MfKQ9r8GKYqrTwjUPD8\nILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA",
    ])
    func `what is no secret is refused`(text: String) {
        #expect(throws: WebhookSecretError.self) { try WebhookSecret(text) }
    }

    @Test func `a secret has 24 to 64 bytes`() throws {
        for count in [24, 25, 26, 32, 63, 64] { _ = try self.secret(repeatElement(9, count: count)) }
        for count in [1, 16, 23, 65, 66, 128] {
            #expect(throws: WebhookSecretError.length) { try self.secret(repeatElement(9, count: count)) }
        }
    }

    @Test func `a secret does not show itself`() throws {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let secret = try WebhookSecret(text)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(WebhookSigner([secret]), to: &dumped)
        let shown = ["\(secret)", String(reflecting: secret), "\([secret])", "\(WebhookSigner([secret]))", dumped]
        for text in shown {
            #expect(text.contains("whsec_***"))
            #expect(!text.contains("MfKQ") && !text.contains("49") && !text.contains("SymmetricKey"))
        }
        do throws(WebhookSecretError) {
            _ = try WebhookSecret(text + "!")
            Issue.record("it was taken")
        } catch {
            #expect(!"\(error)".contains("MfKQ"))
        }
    }
}
