import HTTPTypes

/// Decides who may make a request, by what its head says.
package protocol AccessGuard: Sendable {
    /// `authorization` are the values of the header field of that name.
    ///
    /// Called for each request on its event loop: it waits for nothing.
    func judge(_ authorization: [String], for scope: Scope) -> AccessVerdict

    /// A request is being refused: once for each, however often it was judged.
    func refused(_ refusal: AccessRefusal)
}

package enum AccessVerdict: Hashable, Sendable {
    case admitted(Caller)
    case refused(AccessRefusal)
}

/// Why a request may not be made.
package enum AccessRefusal: Error, Hashable, Sendable {
    /// It says nothing of who makes it.
    case keyMissing
    /// The header has no API key, or one that is unknown, revoked or expired.
    case keyInvalid
    /// The key is right, and lacks this scope.
    case scopeMissing(String)
    /// Nobody knows now which keys are valid.
    case unavailable
}

extension AccessRefusal: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .keyMissing:
            Problem(
                "unauthorized",
                .unauthorized,
                title: "This request needs an API key",
                detail: "Send it as 'Authorization: Bearer tally_…'.",
                challenge: "Bearer realm=\"tally\""
            )
        case .keyInvalid:
            Problem(
                "unauthorized",
                .unauthorized,
                title: "This API key is unknown, expired or revoked",
                challenge: "Bearer realm=\"tally\", error=\"invalid_token\""
            )
        case .scopeMissing(let scope):
            Problem(
                "forbidden",
                .forbidden,
                title: "This API key may not do that",
                detail: "The request needs the scope '\(scope)'.",
                challenge: "Bearer realm=\"tally\", error=\"insufficient_scope\", scope=\"\(scope)\""
            )
        case .unavailable: .dependencyUnavailable
        }
    }
}
