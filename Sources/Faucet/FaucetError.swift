import Ethereum
import HTTPTypes
package import Redis
package import Web

/// Every way in which the faucet can say no.
package enum FaucetError: Error, Hashable, Sendable {
    /// Missing, or not `0x` and 40 hexadecimal digits.
    case addressInvalid
    /// Mixed case that is not EIP-55.
    case addressChecksum
    /// The zero address, or one that pays.
    case addressForbidden
    case idInvalid
    case distributionUnknown
    case idempotencyKeyReused
    /// The caller is not one of those who may ask.
    case callerUnknown
    /// The address, or the day, has had its coins.
    case rateLimited(seconds: Int)
    /// No lane has ever been up.
    case notReady
    case paused
    case queueFull
    case insufficientFunds
    case tooManyWatchers
    /// The distribution ended without a coin.
    case failed(id: String, reason: String)
    case storeUnsafe
    case storeInconsistent
    /// It happened, but not enough replicas have it.
    case appliedNotDurable
    case store(RedisError)

    init(_ error: RedisError) {
        if case .refused(let refusal) = error, refusal.isDefect {
            self = .storeInconsistent
        } else {
            self = .store(error)
        }
    }
}

extension FaucetError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .addressInvalid:
            Problem("address-invalid", .badRequest, title: "'address' is 0x and 40 hexadecimal digits, once")
        case .addressChecksum:
            Problem(
                "address-checksum",
                .badRequest,
                title: "The address is misspelled: its letters do not have the case of EIP-55",
                detail: "Send it as your wallet shows it, or in one case."
            )
        case .addressForbidden:
            Problem("address-forbidden", .badRequest, title: "This address gets no coins; nothing was done")
        case .idInvalid: Problem("distribution-invalid", .badRequest, title: "The text is not the id of a distribution")
        case .distributionUnknown:
            Problem("distribution-unknown", .notFound, title: "There is no distribution with this id")
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .callerUnknown: Self.unauthorized
        case .rateLimited(let seconds):
            Problem(
                "rate-limited",
                .tooManyRequests,
                title: "The address, or the day, has had its coins; nothing was done",
                retryAfterSeconds: max(seconds, 1)
            )
        case .notReady:
            Self.later("faucet-not-ready", "The faucet has not seen its chain yet; nothing was done", 1)
        case .paused:
            Self.later("faucet-paused", "The faucet is paused by its operator; nothing was done", 30)
                .caused(by: .operator)
        case .queueFull: Self.later("queue-full", "Too many distributions wait; nothing was done", 5)
        case .insufficientFunds:
            Self.later("wallet-insufficient-funds", "The faucet's wallet is empty; nothing was done", 30)
                .caused(by: .operator)
        case .tooManyWatchers:
            Self.later("too-many-watchers", "Too many connections of this instance wait for distributions", 1)
                .caused(by: .caller)
        case .failed(let id, let reason):
            Problem("distribution-failed", .conflict, title: "The distribution ended without a coin")
                .with("distribution", "/distributions/\(id)").with("reason", reason)
        case .storeUnsafe: Self.later("store-unsafe", "The store is not set up to keep money; nothing was done", 5)
        case .storeInconsistent: .internalError
        case .appliedNotDurable:
            Self.later(
                "applied-not-durable",
                "It was done, but too few copies say so yet: repeat it with the same key",
                1
            )
        case .store: .dependencyUnavailable
        }
    }

    private static var unauthorized: Problem {
        var problem = Problem(
            "unauthorized",
            .unauthorized,
            title: "Send a token that may ask for coins, as a bearer token"
        )
        problem.challenge = "Bearer"
        return problem
    }

    /// The problem of a state that passes by itself, or when the operator looks after it.
    private static func later(_ slug: String, _ title: String, _ seconds: Int) -> Problem {
        Problem(slug, .serviceUnavailable, title: title, retryAfterSeconds: seconds)
    }
}

extension FaucetError: RedisCaused {
    package var redisError: RedisError? {
        guard case .store(let error) = self else { return nil }
        return error
    }
}
