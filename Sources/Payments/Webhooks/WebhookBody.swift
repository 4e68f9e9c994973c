import Coordination
import Ledger

/// What a webhook says: the JSON that stands for the words which the script that ended the payment wrote down.
///
/// The same words make the same bytes, so that every try of a message is signed alike.
enum WebhookBody {
    /// The message with its body as JSON; `nil` when its words are none of ours.
    ///
    /// A body that is JSON goes as it is. Words: state, finished, from, to, amount, created, `=` and the reason, `=`
    /// and the payment that it reverses.
    static func rendered(_ message: OutboxMessage) -> OutboxMessage? {
        if message.body.hasPrefix("{") { return message }
        let words = message.body.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 8, let state = Payment.State(rawValue: words[0]), let finished = Int64(words[1]),
            let from = Account(id: words[2]), let to = Account(id: words[3]), let amount = Int64(words[4]),
            let created = Int64(words[5]), words[6].hasPrefix("="), words[7].hasPrefix("=")
        else { return nil }
        let time = ServerTime(milliseconds: finished).rfc3339Milliseconds
        var data = [
            ("id", message.idempotencyKey), ("status", state.status), ("from_account", from.user.text),
            ("to_account", to.user.text), ("amount", Money(minorUnits: amount).text(from.currency)),
            ("currency", from.currency.code),
            ("created_at", ServerTime(milliseconds: created).rfc3339Milliseconds), ("finished_at", time),
        ].map(PaymentJSON.member)
        if words[6] != "=" { data.append(PaymentJSON.member("reason", String(words[6].dropFirst()))) }
        if words[7] != "=" { data.append(PaymentJSON.member("reverses", String(words[7].dropFirst()))) }
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
