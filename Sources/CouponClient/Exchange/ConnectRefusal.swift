import JSON

/// The error of a Connect answer.
package struct ConnectRefusal: Hashable, Sendable, CustomStringConvertible {
    /// As `resource_exhausted`.
    package let code: String
    package let message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Reads `{"code":…,"message":…}`; `nil` for anything else.
    init?(_ value: JSONValue?) {
        guard case .object(let members) = value, case .string(let code) = members["code"] else { return nil }
        self.code = TerminalText.printable(code)
        guard case .string(let message) = members["message"] else {
            self.message = ""
            return
        }
        self.message = TerminalText.printable(message)
    }

    /// The refusal behind an answer that is none of the service itself, as a proxy's.
    init(status: Int) {
        self.message = "status \(status)"
        self.code =
            switch status {
            case 400: "internal"
            case 401: "unauthenticated"
            case 403: "permission_denied"
            case 404: "unimplemented"
            case 429, 502, 503, 504: "unavailable"
            default: "unknown"
            }
    }

    package var description: String { self.message.isEmpty ? self.code : "\(self.code): \(self.message)" }
}
