import Foundation
import Load

/// The answers of a ``FakePayments``.
extension FakePayments {
    static func accepted(_ id: String) -> FakeLedgerAnswer {
        var answer = FakeLedgerAnswer(
            202,
            #"{"id":"\#(id)","status":"pending","links":{"self":"/payments/\#(id)"}}"#
        )
        answer.headers = ["Location": "/payments/\(id)", "Durability": "local"]
        return answer
    }

    static func told(_ payment: Payment?) -> FakeLedgerAnswer {
        guard let payment else { return FakeLedgerAnswer(404, self.problem("payment-unknown")) }
        return FakeLedgerAnswer(200, self.text(payment))
    }

    private static func text(_ payment: Payment) -> String {
        let cents = payment.cents + (payment.fault == .misread ? 1 : 0)
        var text =
            #"{"id":"\#(payment.id)","status":"\#(payment.status)","from_account":"\#(payment.from)","#
            + #""to_account":"\#(payment.to)","amount":"\#(Cents.text(cents))","currency":"USD","#
            + #""created_at":"\#(self.time(payment.created))","attempts":0"#
        if let finished = payment.finished { text += #","finished_at":"\#(self.time(finished))""# }
        if let reason = payment.reason { text += #","reason":"\#(reason)""# }
        return text + #","links":{"self":"/payments/\#(payment.id)"}}"#
    }

    private static func time(_ seconds: Double) -> String {
        let milliseconds = Int64(seconds * 1000)
        let rest = String(1000 + milliseconds % 1000).dropFirst()
        return "\(RFC3339.text(milliseconds / 1000).dropLast()).\(rest)Z"
    }

    static func balance(_ user: String, _ entries: [Entry]) -> FakeLedgerAnswer {
        FakeLedgerAnswer(
            200,
            #"{"user_id":"\#(user)","balance":"\#(Cents.text(entries.last?.balance ?? 0))","#
                + #""sequence":\#(entries.count)}"#
        )
    }

    static func history(_ user: String, before cursor: Int, _ entries: [Entry]) -> FakeLedgerAnswer {
        let shown = entries.prefix { $0.sequence < cursor }.suffix(10)
        let texts = shown.reversed()
            .map { entry in
                #"{"transaction_id":"\#(user).\#(entry.sequence)","amount":"\#(Cents.text(entry.cents))","#
                    + #""balance":"\#(Cents.text(entry.balance))","kind":"\#(entry.kind)","#
                    + #""sequence":\#(entry.sequence)\#(entry.payment.map { #","payment_id":"\#($0)""# } ?? "")}"#
            }
        let first = shown.first?.sequence ?? 1
        let next = first > 1 ? #""/users/\#(user)/history?cursor=\#(first)""# : "null"
        return FakeLedgerAnswer(
            200,
            #"{"user_id":"\#(user)","page_size":10,"total":\#(entries.count),"as_of":\#(entries.count),"#
                + #""transactions":[\#(texts.joined(separator: ","))],"next":\#(next)}"#
        )
    }

    /// Pages of three, newest first; the cursor is how many come before.
    static func list(_ user: String, after cursor: Int, _ payments: [Payment]) -> FakeLedgerAnswer {
        let shown = payments.reversed().dropFirst(cursor).prefix(3)
        let isLast = cursor + 3 >= payments.count
        let next = isLast ? "null" : #""/users/\#(user)/payments?cursor=\#(cursor + 3)""#
        return FakeLedgerAnswer(
            200,
            #"{"user_id":"\#(user)","payments":[\#(shown.map(self.text).joined(separator: ","))],"next":\#(next)}"#
        )
    }
}
