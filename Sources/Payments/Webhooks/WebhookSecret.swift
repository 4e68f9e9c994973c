import FoundationEssentials
import Nettle

/// A key that webhooks are signed with, written `whsec_` and its bytes in base64, as Standard Webhooks has it.
///
/// It does not show itself: neither text nor reflection tells its bytes.
package struct WebhookSecret: Sendable {
    /// Bytes of a secret.
    package static let lengths = 24...64

    private static let prefix = "whsec_"

    let key: [UInt8]

    package init(_ text: String) throws(WebhookSecretError) {
        guard text.hasPrefix(Self.prefix) else { throw .malformed }
        let digits = String(text.dropFirst(Self.prefix.count))
        // Written back it must be the same text: one secret has one spelling.
        guard let bytes = Data(base64Encoded: digits), bytes.base64EncodedString() == digits else { throw .malformed }
        guard Self.lengths.contains(bytes.count) else { throw .length }
        self.key = [UInt8](bytes)
    }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "whsec_***" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is not a secret; it does not repeat the text.
package enum WebhookSecretError: Error, Hashable, Sendable {
    /// Not `whsec_` and base64 with its padding.
    case malformed
    /// Not 24 to 64 bytes.
    case length
}
