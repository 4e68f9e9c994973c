import FoundationEssentials
import JSON
import SwiftProtobuf

/// The error that a unary Connect call was answered with.
package struct CouponCallError: Hashable, Sendable {
    package let code: String
    package let message: String
    /// Of its `google.rpc.ErrorInfo`; nil without one.
    package let reason: String?

    /// Nil when the body is no Connect error, as a proxy's own pages are not.
    package init?(_ body: [UInt8]) {
        // Why it cannot be read does not matter here, only that it cannot.
        guard let error = try? JSONParser.parse(body), let code = error["code"]?.text else { return nil }
        self.code = code
        self.message = error["message"]?.text ?? ""
        if case .array(let details)? = error["details"] {
            self.reason = details.lazy.compactMap(Self.reason).first
        } else {
            self.reason = nil
        }
    }

    /// The reason, and without one the code.
    package var name: String { String((self.reason ?? "\(self.code) without a reason").prefix(80)) }

    private static func reason(_ detail: JSONValue) -> String? {
        guard detail["type"]?.text == "google.rpc.ErrorInfo", let text = detail["value"]?.text else { return nil }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        // The reason is the first field, as a string's value is; the others are passed over.
        guard let bytes = Data(base64Encoded: text + padding),
            let value = try? Google_Protobuf_StringValue(serializedBytes: Array(bytes))
        else { return nil }
        return value.value
    }
}
