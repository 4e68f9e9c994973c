package import Redis
package import Web

/// Every way in which a question about counts can fail.
package enum UniquesError: Error, Hashable, Sendable {
    case storeUnavailable(RedisError)
    /// Redis's clock is not known yet.
    case clockUnknown
    case rangeInvalid
}

extension UniquesError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .storeUnavailable, .clockUnknown: .dependencyUnavailable
        case .rangeInvalid: .parameterInvalid("'from' must not be later than 'to'.")
        }
    }
}
