import HTTPTypes

/// The problems that any route can answer with.
extension Problem {
    package static let notFound = Problem(
        "not-found",
        .notFound,
        title: "There is nothing at this path"
    )

    package static func methodNotAllowed(allow: [String]) -> Problem {
        Problem(
            "method-not-allowed",
            .methodNotAllowed,
            title: "This path does not answer that method",
            allow: allow
        )
    }

    package static let methodNotImplemented = Problem(
        "method-not-implemented",
        .notImplemented,
        title: "This service never answers that method"
    )
    .caused(by: .caller)

    package static let malformedRequest = Problem(
        "malformed-request",
        .badRequest,
        title: "These bytes are not an HTTP request that this service reads"
    )

    package static let targetTooLong = Problem(
        "target-too-long",
        .uriTooLong,
        title: "The request target is longer than this service reads"
    )

    package static let targetInvalid = Problem(
        "target-invalid",
        .badRequest,
        title: "The request target is not a path of this service",
        detail: "Send an origin-form target: it begins with '/' and has no fragment."
    )

    package static let hostInvalid = Problem(
        "host-invalid",
        .badRequest,
        title: "The Host header is missing, repeated, malformed or not ours"
    )

    package static let payloadTooLarge = Problem(
        "payload-too-large",
        .contentTooLarge,
        title: "The request body is longer than this service reads"
    )

    package static let requestTimeout = Problem(
        "request-timeout",
        .requestTimeout,
        title: "The request body did not arrive in time"
    )

    /// For the counts only: its reader has left.
    static let clientClosedRequest = Problem(
        "client-closed-request",
        HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"),
        title: "The client gave the request up"
    )

    package static let expectationFailed = Problem(
        "expectation-failed",
        .expectationFailed,
        title: "Only 'Expect: 100-continue' can be met"
    )

    package static let overloaded = Problem(
        "overloaded",
        .serviceUnavailable,
        title: "Too many requests are at work; nothing was done",
        retryAfterSeconds: 1
    )

    package static let deadlineExceeded = Problem(
        "deadline-exceeded",
        .serviceUnavailable,
        title: "The answer did not come in time; whether it happened is unknown",
        detail: "Repeat the request, with the same Idempotency-Key if it changes something.",
        retryAfterSeconds: 1
    )

    package static let dependencyUnavailable = Problem(
        "dependency-unavailable",
        .serviceUnavailable,
        title: "The store that decides cannot be asked now",
        detail: "Repeat the request, with the same Idempotency-Key if it changes something.",
        retryAfterSeconds: 1
    )

    package static let internalError = Problem(
        "internal-error",
        .internalServerError,
        title: "Something went wrong on our side"
    )

    package static func malformedJSON(_ detail: String) -> Problem {
        Problem("malformed-json", .badRequest, title: "The body is not the JSON that is asked for", detail: detail)
    }

    package static let unsupportedMediaType = Problem(
        "unsupported-media-type",
        .unsupportedMediaType,
        title: "Send the body as application/json in UTF-8, without a content encoding",
        detail:
            "Add the header Content-Type: application/json; with curl: -H 'Content-Type: application/json'. "
            + "Send no Content-Encoding."
    )

    package static func parameterInvalid(_ detail: String) -> Problem {
        Problem("parameter-invalid", .badRequest, title: "A query parameter cannot be used", detail: detail)
    }

    package static let duplicateParameter = Problem(
        "duplicate-parameter",
        .badRequest,
        title: "A query parameter is given more than once"
    )
}

extension Problem: ProblemConvertible {
    package var problem: Problem { self }
}
