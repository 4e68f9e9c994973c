import NIOCore
import Nettle

/// One request that carries an idempotency key, as its scripts know it.
///
/// The scope of a key is its caller, the method and the path: two users, or two paths, with the same key never meet.
package struct IdempotencyClaim: Hashable, Sendable {
    /// Names the caller's key in ``ShardKeys/idempotency(_:digest:)``: SHA-256, cut to 128 bits.
    package let digest: String
    /// `POST /users/gopal/add`: the field of the record.
    package let request: String
    /// The fingerprint of the request: SHA-256, cut to 128 bits, of its canonical form.
    package let fingerprint: String

    /// `path` has only characters that are safe in keys and logs.
    ///
    /// `canonical` is the body in one spelling, so that a repetition that means the same is the same. Header fields
    /// are no part of it.
    package init(caller: String, key: String, method: String, path: String, canonical: String) {
        self.request = "\(method) \(path)"
        self.digest = Self.digest(caller: caller, key: key)
        // The version keeps old records valid, should the canonical form ever change.
        self.fingerprint = Self.hash("v1\n\(self.request)\n\(canonical)")
    }

    package static func digest(caller: String, key: String) -> String { Self.hash("\(caller)\n\(key)") }

    private static func hash(_ text: String) -> String {
        Nettle.hexadecimal(Nettle.sha256(Array(text.utf8)).prefix(16))
    }
}
