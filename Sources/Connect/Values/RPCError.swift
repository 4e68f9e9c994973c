package import HTTPTypes
import JSON
package import Web

/// The end of a call that its caller learns of, in whatever protocol it speaks.
package struct RPCError: Error, Hashable, Sendable {
    package var code: RPCCode
    /// For people; part of the answer.
    package var message: String
    package var details: [RPCDetail]
    package var headers: HTTPFields
    package var trailers: HTTPFields
    /// The cause, where the code does not say it.
    private var knownCause: AnswerCause?

    package init(
        _ code: RPCCode,
        _ message: String,
        details: [RPCDetail] = [],
        headers: HTTPFields = [:],
        trailers: HTTPFields = [:]
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers
        self.trailers = trailers
    }

    /// The same error of another cause than its code says.
    package func caused(by cause: AnswerCause) -> RPCError {
        var error = self
        error.knownCause = cause
        return error
    }

    /// The cause: how the answer is counted.
    package var cause: AnswerCause { self.knownCause ?? self.code.cause }

    /// The answer of a unary Connect call that failed, without its header fields.
    package func connectAnswer() -> (status: HTTPResponse.Status, body: [UInt8]) {
        (self.code.status, Array(self.json.utf8))
    }

    /// The error as Connect writes it.
    var json: String {
        var members = ["\"code\":\"\(self.code.name)\""]
        if !self.message.isEmpty { members.append("\"message\":\(JSONText.quoted(self.message))") }
        if !self.details.isEmpty {
            let details = self.details.map { detail in
                "{\"type\":\(JSONText.quoted(detail.type)),\"value\":\"\(Base64.encoded(detail.value))\"}"
            }
            members.append("\"details\":[\(details.joined(separator: ","))]")
        }
        return "{\(members.joined(separator: ","))}"
    }
}

extension RPCError {
    /// An end whose reason is of our inside only.
    static let withoutReason = RPCError(.internal, "internal error")
    static let deadlineExceeded = RPCError(.deadlineExceeded, "the call took too long")
    static let canceled = RPCError(.canceled, "the call was cancelled")
    static let overloaded = RPCError(.unavailable, "too many calls are at work; nothing was done")
    static let tooManyStreams = RPCError(.resourceExhausted, "this key has as many streams open as one may have")
    static let draining = RPCError(.unavailable, "this instance is about to stop; call again").caused(by: .operator)

    static func unimplemented(_ service: String, _ method: String) -> RPCError {
        RPCError(.unimplemented, "\(service)/\(method) is not implemented")
    }
}
