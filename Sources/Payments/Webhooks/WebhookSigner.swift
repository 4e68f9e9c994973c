package import Coordination
import FoundationEssentials
import Nettle

/// Signs messages as Standard Webhooks has it, so that a receiver can tell that they are ours, whole and recent.
///
/// The signature is HMAC-SHA256 over `id.timestamp.body`. See <https://www.standardwebhooks.com>.
package struct WebhookSigner: Sendable {
    private let secrets: [WebhookSecret]

    /// Each message carries a signature by each secret, so that receivers can change from one to the next.
    ///
    /// At least one.
    package init(_ secrets: [WebhookSecret]) {
        precondition(!secrets.isEmpty)
        self.secrets = secrets
    }

    /// The three headers of a message that is sent at `time`.
    package func headers(id: String, time: ServerTime, body: String) -> [(name: String, value: String)] {
        let timestamp = time.milliseconds / 1000
        let signed = Array("\(id).\(timestamp).\(body)".utf8)
        let signatures = self.secrets.map { secret in
            "v1," + Data(Nettle.hmacSHA256(signed, key: secret.key)).base64EncodedString()
        }
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(timestamp)"),
            ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}
