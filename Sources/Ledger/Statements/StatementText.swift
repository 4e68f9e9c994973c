import Coordination
import Web

/// A statement's lines in one of its formats.
struct StatementText {
    let statement: Statement
    let format: Statement.Format

    private var user: UserID { self.statement.account.user }
    private var currency: Currency { self.statement.account.currency }

    static func mediaType(_ format: Statement.Format) -> String {
        switch format {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .ndjson: "application/x-ndjson"
        }
    }

    /// The lines before the entries.
    var head: String {
        let opening = self.border(
            "opening",
            self.statement.from,
            self.statement.openingBalance,
            self.statement.opening
        )
        guard self.format == .csv else { return opening }
        return "record,sequence,transaction_id,created_at,kind,amount,balance,currency,reference,payment_id\r\n"
            + opening
    }

    /// The line behind the entries; a statement without it is not whole.
    var tail: String {
        self.border("closing", self.statement.to, self.statement.closingBalance, self.statement.closing)
    }

    func line(_ entry: Entry) -> String {
        let amount = entry.amount.text(self.currency)
        let balance = entry.balance.text(self.currency)
        let id = entry.transactionID(self.user)
        let created = entry.created.rfc3339Milliseconds
        switch self.format {
        case .csv:
            let words = ["entry", "\(entry.sequence)", id, created, entry.kind.rawValue, amount, balance]
            let reference = entry.reference.map(Self.csvField) ?? ""
            return (words + [self.currency.code, reference, entry.paymentID ?? ""]).joined(separator: ",") + "\r\n"
        case .ndjson:
            var members = [
                LedgerJSON.member("record", "entry"), "\"sequence\":\(entry.sequence)",
                LedgerJSON.member("transaction_id", id), LedgerJSON.member("created_at", created),
                LedgerJSON.member("kind", entry.kind.rawValue), LedgerJSON.member("amount", amount),
                LedgerJSON.member("balance", balance), LedgerJSON.member("currency", self.currency.code),
            ]
            if let reference = entry.reference { members.append(LedgerJSON.member("reference", reference)) }
            if let payment = entry.paymentID { members.append(LedgerJSON.member("payment_id", payment)) }
            members.append("\"fencing_token\":\(entry.token)")
            members.append(LedgerJSON.member("chain", entry.chain))
            return LedgerJSON.object(members) + "\n"
        }
    }

    private func border(_ record: String, _ time: ServerTime?, _ balance: Money, _ sequence: Int64) -> String {
        let at = time?.rfc3339Shortest ?? ""
        let text = balance.text(self.currency)
        switch self.format {
        case .csv: return "\(record),\(sequence),,\(at),,,\(text),\(self.currency.code),,\r\n"
        case .ndjson:
            var members = [
                LedgerJSON.member("record", record), LedgerJSON.member("user_id", self.user.text),
                "\"sequence\":\(sequence)", LedgerJSON.member("balance", text),
                LedgerJSON.member("currency", self.currency.code),
            ]
            if time != nil { members.append(LedgerJSON.member("at", at)) }
            return LedgerJSON.object(members) + "\n"
        }
    }

    /// Quoted (RFC 4180), and with a quote before what a spreadsheet would take for a formula.
    private static func csvField(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@".contains($0) } ?? false
        let escaped = text.reduce(into: "") { $0 += $1 == "\"" ? "\"\"" : String($1) }
        return "\"\(isFormula ? "'" : "")\(escaped)\""
    }
}
