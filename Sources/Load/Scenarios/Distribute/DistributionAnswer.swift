package import Ethereum
import JSON

/// The answer to `/distribute`, and to `GET /distributions/{id}`.
package struct DistributionAnswer: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case queued, signed, submitted, mined, confirmed, failed

        /// Whether a node has its transaction.
        package var isSubmitted: Bool {
            switch self {
            case .queued, .signed, .failed: false
            case .submitted, .mined, .confirmed: true
            }
        }
    }

    package let message: String?
    package let id: String
    package let address: Address
    package let amount: Wei
    package let nonce: UInt64
    package let hash: Hash32?
    package let state: State
    /// Why it failed.
    package let reason: String?

    /// Reads the fields from `data`, or from the body itself if it has none; nil when one is missing or has another
    /// form.
    package init?(_ body: [UInt8]) {
        // Why it cannot be read does not matter here, only that it cannot.
        guard let whole = try? JSONParser.parse(body) else { return nil }
        let fields = whole["data"] ?? whole
        guard let id = fields["id"]?.text, Self.isID(id), let address = fields["address"]?.address,
            let amount = fields["amount_wei"]?.text.flatMap({ Wei(decimal: $0) }), !amount.isZero,
            let nonce = fields["nonce"]?.number.flatMap({ UInt64($0) }),
            let state = fields["status"]?.text.flatMap({ State(rawValue: $0) })
        else { return nil }
        switch fields["transaction_hash"] {
        case nil, .null?: self.hash = nil
        case let value?:
            guard let hash = value.hash else { return nil }
            self.hash = hash
        }
        self.message = whole["message"]?.text
        self.id = id
        self.address = address
        self.amount = amount
        self.nonce = nonce
        self.state = state
        self.reason = fields["reason"]?.text
    }

    /// Letters and digits, because it goes into paths.
    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
}
