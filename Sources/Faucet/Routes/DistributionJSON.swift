import Coordination
import Ethereum
import JSON

/// Distributions as JSON text: one place for every name that clients read.
enum DistributionJSON {
    /// The answer to a request for a coin.
    struct Answer: Sendable {
        let id: String
        let address: Address
        var amount: Wei
        /// `nil` when it could not be read.
        var nonce: UInt64?
        var hash: Hash32?
        /// `queued`, `submitted` or `mined`.
        var status = "queued"
        var block: UInt64?
        /// Whether what was asked for has come about.
        var isDone = false
    }

    /// The answer to a request for a coin: the same bytes for the same answer.
    static func answer(_ answer: Answer) -> String {
        let message = answer.isDone ? "Distribution successful" : "Distribution queued"
        var members = [
            Self.member("id", answer.id), Self.member("address", answer.address.text),
            Self.member("amount_wei", answer.amount.decimal), "\"nonce\":\(answer.nonce.map { String($0) } ?? "null")",
            "\"transaction_hash\":\(answer.hash.map { JSONText.quoted($0.text) } ?? "null")",
            Self.member("status", answer.status),
        ]
        if let block = answer.block { members.append("\"block_number\":\(block)") }
        return "{\(Self.member("message", message)),\"data\":\(Self.object(members))}"
    }

    /// With `waiting`, why it is not over.
    static func distribution(_ distribution: Distribution, waiting: Waiting?) -> String {
        var members = [
            Self.member("id", distribution.id), Self.member("status", distribution.state.rawValue),
            Self.member("address", distribution.address.text), Self.member("amount_wei", distribution.amount.decimal),
            Self.member("sender", distribution.sender.text), "\"nonce\":\(distribution.nonce)",
        ]
        if let hash = distribution.minedHash ?? distribution.hash {
            members.append(Self.member("transaction_hash", hash.text))
        }
        if let block = distribution.block { members.append("\"block_number\":\(block)") }
        if let hash = distribution.blockHash { members.append(Self.member("block_hash", hash.text)) }
        members.append(Self.member("created_at", distribution.created.rfc3339Milliseconds))
        let times = [
            ("submitted_at", distribution.submitted), ("mined_at", distribution.mined),
            ("finished_at", distribution.finished),
        ]
        for (name, time) in times {
            if let time { members.append(Self.member(name, time.rfc3339Milliseconds)) }
        }
        if let waiting { members.append("\"waiting\":\(Self.waiting(waiting))") }
        if !distribution.reason.isEmpty { members.append(Self.member("reason", distribution.reason)) }
        members.append("\"links\":{\(Self.member("self", "/distributions/\(distribution.id)"))}")
        return Self.object(members)
    }

    private static func waiting(_ waiting: Waiting) -> String {
        var members = [Self.member("reason", waiting.reason.rawValue)]
        if !waiting.detail.isEmpty { members.append(Self.member("detail", waiting.detail)) }
        if let since = waiting.since { members.append(Self.member("since", since.rfc3339Milliseconds)) }
        return Self.object(members)
    }

    static func page(
        _ address: Address,
        _ page: Faucet.Page,
        waiting: [String: Waiting],
        limit: Int
    ) -> String {
        let items = page.distributions.map { Self.distribution($0, waiting: waiting[$0.id]) }
        let next = page.cursor.map { "/distributions?address=\(address.text)&limit=\(limit)&cursor=\($0)" }
        return Self.object([
            Self.member("address", address.text),
            "\"distributions\":[\(items.joined(separator: ","))]",
            "\"next\":\(next.map(JSONText.quoted) ?? "null")",
        ])
    }

    private static func member(_ name: String, _ text: String) -> String {
        "\(JSONText.quoted(name)):\(JSONText.quoted(text))"
    }

    private static func object(_ members: [String]) -> String { "{\(members.joined(separator: ","))}" }
}
