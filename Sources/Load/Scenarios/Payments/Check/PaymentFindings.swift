/// The faults of a service of payments.
package enum PaymentViolation: String, FindingKind {
    case unknown
    case misread
    case unfinished
    case otherID = "other_id"
    case sharedID = "shared_id"
    case badReason = "bad_reason"
    case seed
    case chain
    case negative
    case balance
    case conservation
    case missingEntry = "missing_entry"
    case extraEntry = "extra_entry"
    case wrongEntry = "wrong_entry"
    case stranger
    case order
    case unread

    package var sentence: String {
        switch self {
        case .unknown: "an accepted payment is not known under its id"
        case .misread: "a payment is told otherwise than it was ordered"
        case .unfinished: "an accepted payment did not come to its end in time"
        case .otherID: "one key was answered with two ids"
        case .sharedID: "one id was given to two payments"
        case .badReason: "a payment failed for another reason than missing money"
        case .seed: "an account does not begin with the balance it was given"
        case .chain: "a history does not add up"
        case .negative: "an entry leaves a balance below zero"
        case .balance: "an account does not hold what its done payments leave"
        case .conservation: "the accounts together do not hold what they were given"
        case .missingEntry: "a done payment lacks its debit or its credit"
        case .extraEntry: "a payment has an entry too many"
        case .wrongEntry: "an entry does not fit its payment"
        case .stranger: "an entry belongs to a payment that nobody was told of"
        case .order: "two debits do not stand in the order in which they were accepted"
        case .unread: "an account cannot be read"
        }
    }
}

/// The violations in payments, and how much was looked at.
package struct PaymentFindings: Hashable, Sendable {
    private var all = Findings<PaymentViolation>()
    /// Accounts that were read whole, and their entries.
    package var accounts = 0
    package var entries = 0
    /// The balances of these accounts together, in cents.
    package var sum: Int64 = 0

    package init() {}

    package var found: [PaymentViolation: Findings<PaymentViolation>.Found] { self.all.found }

    package var counts: [String: Int] { self.all.counts }

    /// A sentence and an example for each kind.
    package var complaints: [String] { self.all.complaints }

    package mutating func add(_ violation: PaymentViolation, _ example: String) { self.all.add(violation, example) }

    package mutating func add(_ other: PaymentFindings) {
        self.all.add(other.all)
        self.accounts += other.accounts
        self.entries += other.entries
        self.sum += other.sum
    }
}
