import HTTPTypes
package import Redis
package import Web

/// Every way in which the ledger can say no.
package enum LedgerError: Error, Hashable, Sendable {
    case userInvalid
    case amountInvalid
    case amountOutOfRange
    case referenceInvalid
    case pageInvalid
    case transactionInvalid
    case transactionUnknown
    /// The key was used for another request.
    case idempotencyKeyReused
    /// Too many operations wait for the account.
    case accountBusy
    case store(RedisError)
    /// It happened, but not enough replicas have it.
    case appliedNotDurable
    /// No answer in time; whether it happened is unknown.
    case deadlineExceeded
    /// Redis is not set up to keep money.
    case storeUnsafe
    /// The values in Redis are not what the ledger wrote.
    case storeInconsistent

    package init(_ error: RedisError) {
        if case .refused(let refusal) = error, refusal.isDefect {
            self = .storeInconsistent
        } else {
            self = .store(error)
        }
    }
}

extension LedgerError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .userInvalid:
            Problem("user-invalid", .badRequest, title: "A user is 1 to 64 of A-Z, a-z, 0-9, '_' and '-'")
        case .amountInvalid:
            Problem(
                "amount-invalid",
                .badRequest,
                title: "The amount is not one that can be added",
                detail:
                    "Send plain digits above zero with at most the currency's decimal places, as a number or a string."
            )
        case .amountOutOfRange:
            Problem("amount-out-of-range", .badRequest, title: "The amount is more than one change may move")
        case .referenceInvalid:
            Problem("reference-invalid", .badRequest, title: "A reference is 1 to 128 visible ASCII characters")
        case .pageInvalid:
            Problem("page-invalid", .badRequest, title: "A page is a whole number from 1 to 100000000")
        case .transactionInvalid:
            Problem("transaction-invalid", .badRequest, title: "The text is not the id of a transaction")
        case .transactionUnknown:
            Problem("transaction-unknown", .notFound, title: "There is no transaction with this id")
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .accountBusy:
            Problem(
                "account-busy",
                .serviceUnavailable,
                title: "Too many operations wait for this account; nothing was done",
                retryAfterSeconds: 1
            )
            .caused(by: .caller)
        case .store: .dependencyUnavailable
        case .deadlineExceeded: .deadlineExceeded
        case .appliedNotDurable:
            Problem(
                "applied-not-durable",
                .serviceUnavailable,
                title: "It happened, but too few replicas have it yet to promise that it stays",
                detail:
                    "Repeat it with the same Idempotency-Key until it succeeds; without a key it may happen twice.",
                retryAfterSeconds: 1
            )
        case .storeUnsafe:
            Problem(
                "store-unsafe",
                .serviceUnavailable,
                title: "The store is not set up to keep money; nothing was done",
                retryAfterSeconds: 30
            )
        case .storeInconsistent:
            Problem("store-inconsistent", .internalServerError, title: "The books of this account are damaged")
        }
    }
}

extension LedgerError: RedisCaused {
    package var redisError: RedisError? {
        guard case .store(let error) = self else { return nil }
        return error
    }
}
