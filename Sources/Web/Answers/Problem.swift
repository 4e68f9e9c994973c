package import HTTPTypes
import JSON

/// The answer to a request that did not do what it asked for (RFC 9457).
///
/// A problem never repeats what the client sent and never tells of our inside.
package struct Problem: Hashable, Sendable {
    /// The last part of `type`: `/problems/<slug>`.
    ///
    /// Documented one by one in `docs/errors.md`.
    package let slug: String
    package let status: HTTPResponse.Status
    package let title: String
    package let detail: String?
    /// Whole seconds after which a repetition makes sense.
    package let retryAfterSeconds: Int?
    /// The methods that the path does answer, for 405.
    package let allow: [String]
    /// How to say who one is, for 401.
    package var challenge: String?
    /// The cause, where the status does not say it.
    private var knownCause: AnswerCause?
    /// Further members of this type of problem, each a text.
    private var members: [Member] = []

    private struct Member: Hashable, Sendable {
        let name: String
        let text: String
    }

    package init(
        _ slug: String,
        _ status: HTTPResponse.Status,
        title: String,
        detail: String? = nil,
        retryAfterSeconds: Int? = nil,
        allow: [String] = [],
        challenge: String? = nil
    ) {
        self.slug = slug
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
        self.allow = allow
        self.challenge = challenge
    }

    /// The same problem with one more member, as RFC 9457 lets a type have.
    package func with(_ name: String, _ text: String) -> Problem {
        var problem = self
        problem.members.append(Member(name: name, text: text))
        return problem
    }

    /// The same problem of another cause than its status says.
    package func caused(by cause: AnswerCause) -> Problem {
        var problem = self
        problem.knownCause = cause
        return problem
    }

    /// The cause: how the answer is counted.
    package var cause: AnswerCause { self.knownCause ?? AnswerCause(status: self.status.code) }

    /// The header fields of the answer, without length and date.
    package var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        if let retryAfterSeconds = self.retryAfterSeconds { fields[.retryAfter] = String(retryAfterSeconds) }
        if let challenge = self.challenge { fields[.wwwAuthenticate] = challenge }
        if !self.allow.isEmpty { fields[.allow] = self.allow.joined(separator: ", ") }
        return fields
    }

    /// The JSON of the answer's body.
    package func body(requestID: String) -> String {
        var members = [
            "\"type\":\(JSONText.quoted("/problems/\(self.slug)"))",
            "\"title\":\(JSONText.quoted(self.title))",
            "\"status\":\(self.status.code)",
        ]
        if let detail = self.detail { members.append("\"detail\":\(JSONText.quoted(detail))") }
        members += self.members.map { "\(JSONText.quoted($0.name)):\(JSONText.quoted($0.text))" }
        members.append("\"request_id\":\(JSONText.quoted(requestID))")
        return "{" + members.joined(separator: ",") + "}"
    }
}

/// A domain error that has a public face.
///
/// Each feature writes one `problem`, as a switch without `default`, so a new case does not compile until it has one.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}
