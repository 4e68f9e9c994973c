import Coordination
import JSON
import Ledger
import Web

/// Payments as JSON text: one place for every name that clients read.
enum PaymentJSON {
    /// The answer to a request that made a payment.
    static func accepted(_ id: PaymentID, reverses: PaymentID? = nil) -> String {
        var members = [Self.member("id", id.text), Self.member("status", "pending")]
        if let reverses { members.append(Self.member("reverses", reverses.text)) }
        members.append("\"links\":{\(Self.member("self", "/payments/\(id.text)"))}")
        return Self.object(members)
    }

    static func payment(
        _ payment: Payment,
        position: Payments.Position? = nil,
        reversedBy: PaymentID? = nil,
        mayReverse: Bool = false
    ) -> String {
        var members = [
            ("id", payment.id.text), ("status", payment.state.status), ("from_account", payment.from.user.text),
            ("to_account", payment.to.user.text), ("amount", payment.amount.text(payment.from.currency)),
            ("currency", payment.from.currency.code),
        ].map(Self.member)
        if !payment.description.isEmpty { members.append(Self.member("description", payment.description)) }
        members.append(Self.member("created_at", payment.created.rfc3339Milliseconds))
        let times = [
            ("not_before", payment.notBefore), ("locked_at", payment.locked), ("finished_at", payment.finished),
        ]
        for (name, time) in times {
            if let time { members.append(Self.member(name, time.rfc3339Milliseconds)) }
        }
        if !payment.reason.isEmpty { members.append(Self.member("reason", payment.reason)) }
        members.append("\"attempts\":\(payment.attempts)")
        if let position, let text = Self.position(position) { members.append("\"position\":\(text)") }
        if let reverses = payment.reverses { members.append(Self.member("reverses", reverses.text)) }
        if let reversedBy { members.append(Self.member("reversed_by", reversedBy.text)) }
        if let dead = payment.dead { members.append(Self.member("dead_letter", dead)) }
        members.append("\"links\":\(Self.links(payment, mayReverse: mayReverse && reversedBy == nil))")
        return Self.object(members)
    }

    private static func position(_ position: Payments.Position) -> String? {
        let members = [("from", position.from), ("to", position.to)].compactMap { name, place in
            place.map { "\"\(name)\":\($0)" }
        }
        return members.isEmpty ? nil : Self.object(members)
    }

    private static func links(_ payment: Payment, mayReverse: Bool) -> String {
        let path = "/payments/\(payment.id.text)"
        var members = [Self.member("self", path), Self.member("events", "\(path)/events")]
        if payment.state == .pending { members.append(Self.member("cancel", "\(path)/cancel")) }
        if mayReverse, payment.state == .done, payment.reverses == nil {
            members.append(Self.member("reverse", "\(path)/reverse"))
        }
        return Self.object(members)
    }

    static func page(_ user: UserID, _ page: Payments.Page, limit: Int) -> String {
        let next = page.cursor.map { "/users/\(user.text)/payments?limit=\(limit)&cursor=\($0.text)" }
        return Self.object([
            Self.member("user_id", user.text),
            "\"payments\":[\(page.payments.map { Self.payment($0) }.joined(separator: ","))]",
            "\"next\":\(next.map(JSONText.quoted) ?? "null")",
        ])
    }

    static func event(_ event: PaymentEvent) -> String {
        var members = [
            Self.member("id", event.payment.text), Self.member("status", event.state.status),
            Self.member("user_id", event.account.user.text),
        ]
        if !event.reason.isEmpty { members.append(Self.member("reason", event.reason)) }
        members.append("\"links\":{\(Self.member("self", "/payments/\(event.payment.text)"))}")
        return Self.object(members)
    }

    static func member(_ name: String, _ text: String) -> String {
        "\(JSONText.quoted(name)):\(JSONText.quoted(text))"
    }

    static func object(_ members: [String]) -> String { "{\(members.joined(separator: ","))}" }
}

extension Payments.DeadLetter {
    /// One line for people who look after dead letters: the payment, and since when it is one.
    package var json: String {
        "{" + PaymentJSON.member("dead_since", self.since.rfc3339Milliseconds) + ","
            + PaymentJSON.payment(self.payment).dropFirst()
    }
}
