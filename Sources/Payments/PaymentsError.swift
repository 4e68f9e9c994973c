import HTTPTypes
package import Ledger
package import Redis
package import Web

/// Every way in which payments can say no.
package enum PaymentsError: Error, Hashable, Sendable {
    case accountInvalid
    case sameAccount
    case descriptionInvalid
    case notBeforeInvalid
    /// The callback's URL is none, or leads where no callback may.
    case callbackInvalid
    /// Callbacks have no secret to be signed with.
    case callbacksOff
    case paymentInvalid
    case paymentUnknown
    /// It is too late to cancel: where the payment stands.
    case notPending(status: String)
    /// Only what is done can be reversed, and no reversal.
    case notReversible
    case alreadyReversed(by: PaymentID)
    /// The shard has too many unfinished payments.
    case queueFull
    /// Too many connections of this instance wait for payments.
    case tooManyWatchers
    /// A refusal that the ledger has as well.
    case ledger(LedgerError)
}

extension PaymentsError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .accountInvalid:
            Problem("account-invalid", .badRequest, title: "An account is 1 to 64 of A-Z, a-z, 0-9, '_' and '-'")
        case .sameAccount:
            Problem("same-account", .badRequest, title: "Payer and payee are the same account")
        case .descriptionInvalid:
            Problem(
                "description-invalid",
                .badRequest,
                title: "A description is at most \(PaymentOrder.descriptionLimit) bytes without control characters"
            )
        case .notBeforeInvalid:
            Problem(
                "not-before-invalid",
                .badRequest,
                title: "'not_before' is a time at most a year ahead",
                detail: "Write it as RFC 3339 in UTC: 2026-11-21T02:15:00Z or …00.123Z."
            )
        case .callbackInvalid:
            Problem("callback-invalid", .badRequest, title: "The 'callback_url' is not one that may be called")
        case .callbacksOff:
            Problem("callbacks-off", .badRequest, title: "This service has no secret to sign callbacks with")
        case .paymentInvalid: Problem("payment-invalid", .badRequest, title: "The text is not the id of a payment")
        case .paymentUnknown: Problem("payment-unknown", .notFound, title: "There is no payment with this id")
        case .notPending(let status):
            Problem(
                "payment-not-pending",
                .conflict,
                title: "Only a pending payment can be cancelled; nothing was done"
            )
            .with("payment_status", status)
        case .notReversible:
            Problem(
                "payment-not-reversible",
                .conflict,
                title: "Only a payment that is done and no reversal itself can be reversed; nothing was done"
            )
        case .alreadyReversed(let id):
            Problem("payment-already-reversed", .conflict, title: "This payment has a reversal; nothing was done")
                .with("payment", "/payments/\(id.text)")
        case .queueFull:
            Problem(
                "queue-full",
                .serviceUnavailable,
                title: "Too many payments wait to be carried out; nothing was done",
                retryAfterSeconds: 1
            )
        case .tooManyWatchers:
            Problem(
                "too-many-watchers",
                .serviceUnavailable,
                title: "Too many connections of this instance wait for payments",
                retryAfterSeconds: 1
            )
            .caused(by: .caller)
        case .ledger(let error): error.problem
        }
    }
}

extension PaymentsError: RedisCaused {
    package var redisError: RedisError? {
        guard case .ledger(let error) = self else { return nil }
        return error.redisError
    }
}
