package import HTTPTypes

/// The query parameters that a route reads.
///
/// A route cannot be added without one: a parameter that nobody reads is a wish that nobody carries out, so it is
/// refused before the route is called.
package enum RouteQuery: Hashable, Sendable {
    /// No parameter at all.
    case none
    /// These, each at most once; the order is the one in which a refusal names them.
    case named([String])
    /// The route takes its query apart by itself, by the rules of another protocol, and as strictly.
    case ofProtocol

    package func read(_ target: String) throws(Problem) -> QueryParameters {
        let names: [String]
        switch self {
        case .none: names = []
        case .named(let given): names = given
        case .ofProtocol: return QueryParameters()
        }
        let query: QueryParameters
        do { query = try QueryParameters(ofTarget: target) } catch { throw error.problem }
        guard query.names.isSubset(of: names) else { throw .parameterInvalid(Self.text(names)) }
        return query
    }

    private static func text(_ names: [String]) -> String {
        guard let last = names.last else { return "This route has no parameters." }
        guard names.count > 1 else { return "The parameter is '\(last)'." }
        return "The parameters are \(names.dropLast().map { "'\($0)'" }.joined(separator: ", ")) and '\(last)'."
    }
}

/// Whether a route changes anything, and so what a request may ask of it.
package enum RouteEffect: Hashable, Sendable {
    /// It only looks. A precondition that it does not know changes nothing, so it is passed over (RFC 9110, 13.2.1).
    case reads
    /// Something is changed, moved or counted.
    ///
    /// A precondition that the route does not carry out by itself is refused: a client that makes a change depend on
    /// one must never get the change without it. A request that only prepares for a visitor is refused as well.
    case changes(honouring: Set<HTTPField.Name> = [])

    package func judge(_ fields: HTTPFields) throws(Problem) {
        guard case .changes(let honoured) = self else { return }
        for name in Preconditions.names where fields.contains(name) && !honoured.contains(name) {
            throw .preconditionUnsupported
        }
        if Prefetch.isOne(fields) { throw .prefetchRefused }
    }
}

/// The header fields that make a request depend on the state of what it is for (RFC 9110, section 13.1).
package enum Preconditions {
    package static let names: [HTTPField.Name] = [
        .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange,
    ]
}

/// Requests that a program makes ahead of a visitor, who may never come.
package enum Prefetch {
    private static let names: [HTTPField.Name] = [.secPurpose, .purpose, .xPurpose, .xMoz]
    private static let purposes: Set<String> = ["prefetch", "prerender", "preview", "instant"]

    /// Whether `Sec-Purpose`, or one of the names that it had before, says so.
    package static func isOne(_ fields: HTTPFields) -> Bool {
        self.names.contains { name in
            fields[values: name].contains { value in
                value.split { ";, \t=?\"".contains($0) }.contains { self.purposes.contains($0.lowercased()) }
            }
        }
    }
}

extension Problem {
    package static let preconditionUnsupported = Problem(
        "precondition-unsupported",
        .badRequest,
        title: "This request cannot depend on that precondition; nothing was done",
        detail: "Send it without If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since and If-Range, "
            + "but for those that the route is documented with."
    )

    package static let prefetchRefused = Problem(
        "prefetch-refused",
        .forbidden,
        title: "A request made ahead of a visitor changes nothing here; nothing was done",
        detail: "Send it without 'Sec-Purpose: prefetch' when the visitor is there."
    )
}
