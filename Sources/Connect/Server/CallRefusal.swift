import HTTPTypes
import NIOCore
import Web

/// The listener's own refusals of a call, in the words of the caller's protocol.
enum CallRefusal {
    /// `nil` where the status alone says it, as for a method of HTTP that no call has.
    static func told(_ problem: Problem, _ contentType: String?, isGet: Bool) -> OwnRefusal? {
        guard let code = Self.code(of: problem.status),
            let form = isGet ? .bareJSON : contentType.flatMap({ CallForm(contentType: [$0]) })
        else { return nil }
        var info = Google_Rpc_ErrorInfo()
        info.domain = "tally"
        info.reason = problem.slug.uppercased().replacing("-", with: "_")
        let message = [problem.title, problem.detail].compactMap(\.self).joined(separator: ": ")
        var error = RPCError(code, message, details: [RPCDetail(info)])
        error.headers[.retryAfter] = problem.fields[.retryAfter]
        guard form.isEnveloped else {
            let (status, body) = error.connectAnswer()
            return OwnRefusal(status: status, fields: BareAnswer.fields(error), body: ByteBuffer(bytes: body))
        }
        let (fields, body) = EnvelopedAnswer(form: form, coding: .identity, threshold: 0).failed(error)
        return OwnRefusal(status: .ok, fields: fields, body: body)
    }

    private static func code(of status: HTTPResponse.Status) -> RPCCode? {
        switch status.code {
        case 400, 417: .invalidArgument
        case 408: .deadlineExceeded
        // Of bodies, targets and fields.
        case 413, 414, 431: .resourceExhausted
        case 429: .resourceExhausted
        case 503: .unavailable
        default: nil
        }
    }
}
