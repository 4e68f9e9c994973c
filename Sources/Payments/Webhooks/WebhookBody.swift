import Coordination
import Ledger

/// The body of a webhook: the JSON that stands for the words which the script that ended the payment wrote down.
///
/// The same words make the same bytes, so that every try of a message is signed alike.
enum WebhookBody {
    /// The words, in the order in which `payment_end.lua` writes them; the last two stand behind a `=`.
    private enum Field: String, CaseIterable, Sendable {
        case state, finished, from, to, amount, created, reason, reverses
    }

    /// The message with its body as JSON; `nil` when its words are none of ours.
    ///
    /// A body that is JSON goes as it is.
    static func rendered(_ message: OutboxMessage) -> OutboxMessage? {
        if message.body.hasPrefix("{") { return message }
        let parts = message.body.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let words = NamedWords<Field, String>(parts), let state = Payment.State(rawValue: words[.state]),
            let finished = Int64(words[.finished]), let from = Account(id: words[.from]),
            let to = Account(id: words[.to]), let amount = Int64(words[.amount]),
            let created = Int64(words[.created]), words[.reason].hasPrefix("="), words[.reverses].hasPrefix("=")
        else { return nil }
        let time = ServerTime(milliseconds: finished).rfc3339Milliseconds
        var data = [
            ("id", message.idempotencyKey), ("status", state.status), ("from_account", from.user.text),
            ("to_account", to.user.text), ("amount", Money(minorUnits: amount).text(from.currency)),
            ("currency", from.currency.code),
            ("created_at", ServerTime(milliseconds: created).rfc3339Milliseconds), ("finished_at", time),
        ].map(PaymentJSON.member)
        for (name, field) in [("reason", Field.reason), ("reverses", .reverses)] where words[field] != "=" {
            data.append(PaymentJSON.member(name, String(words[field].dropFirst())))
        }
        let body = PaymentJSON.object([
            PaymentJSON.member("type", "payment.\(state.status)"), PaymentJSON.member("timestamp", time),
            "\"data\":\(PaymentJSON.object(data))",
        ])
        return OutboxMessage(
            stream: message.stream,
            id: message.id,
            endpoint: message.endpoint,
            method: message.method,
            body: body,
            idempotencyKey: message.idempotencyKey,
            created: message.created
        )
    }
}
