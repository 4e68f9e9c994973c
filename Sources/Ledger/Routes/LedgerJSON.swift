import Coordination
import JSON
import Web

/// The ledger's answers as JSON text: one place for every name that clients read.
struct LedgerJSON {
    let user: UserID
    let currency: Currency

    func added(_ entry: Entry) -> String {
        var members = [
            ("message", "Transaction of \(self.currency.display(entry.amount)) added for user \(self.user.text)"),
            ("transaction_id", entry.transactionID(self.user)), ("user_id", self.user.text),
            ("amount", entry.amount.text(self.currency)), ("balance", entry.balance.text(self.currency)),
            ("currency", self.currency.code),
        ].map(Self.member)
        members.append("\"sequence\":\(entry.sequence)")
        members.append(Self.member("created_at", entry.created.rfc3339Milliseconds))
        if let reference = entry.reference { members.append(Self.member("reference", reference)) }
        return Self.object(members)
    }

    func queued(_ operation: String) -> String {
        let id = "\(self.user.text).\(operation)"
        return Self.object([
            Self.member("transaction_id", id), Self.member("user_id", self.user.text),
            Self.member("status", "queued"), "\"links\":{\(Self.member("self", "/transactions/\(id)"))}",
        ])
    }

    func balance(_ balance: Ledger.Balance) -> String {
        Self.object([
            Self.member(
                "message",
                "User \(self.user.text) has a balance of \(self.currency.display(balance.amount))"
            ),
            Self.member("user_id", self.user.text), Self.member("balance", balance.amount.text(self.currency)),
            Self.member("currency", self.currency.code), "\"sequence\":\(balance.sequence)",
        ])
    }

    func history(_ page: HistoryPage) -> String {
        var members = [Self.member("user_id", self.user.text)]
        if let number = page.number { members.append("\"page\":\(number)") }
        members += ["\"page_size\":\(HistoryPage.size)", "\"total\":\(page.total)", "\"as_of\":\(page.asOf)"]
        members.append("\"currency\":\(JSONText.quoted(self.currency.code))")
        members.append("\"transactions\":[\(page.entries.map(self.historyItem).joined(separator: ","))]")
        members.append("\"next\":\(page.next(self.user).map(JSONText.quoted) ?? "null")")
        return Self.object(members)
    }

    private func historyItem(_ entry: Entry) -> String {
        Self.object([Self.member("transaction_id", entry.transactionID(self.user))] + self.facts(entry))
    }

    /// A transaction that is entered.
    func done(_ entry: Entry) -> String {
        Self.object(
            self.transactionHead(entry.transactionID(self.user), "done") + [Self.member("currency", self.currency.code)]
                + self.facts(entry)
        )
    }

    /// A transaction that waits, or will never be entered.
    func pending(_ id: String, amount: Money, reason: String?) -> String {
        var members = self.transactionHead(id, reason == nil ? "queued" : "failed")
        members.append(Self.member("amount", amount.text(self.currency)))
        members.append(Self.member("currency", self.currency.code))
        if let reason { members.append(Self.member("reason", reason)) }
        return Self.object(members)
    }

    private func transactionHead(_ id: String, _ status: String) -> [String] {
        [Self.member("transaction_id", id), Self.member("user_id", self.user.text), Self.member("status", status)]
    }

    private func facts(_ entry: Entry) -> [String] {
        var members = [
            Self.member("amount", entry.amount.text(self.currency)),
            Self.member("balance", entry.balance.text(self.currency)), Self.member("kind", entry.kind.rawValue),
            Self.member("created_at", entry.created.rfc3339Milliseconds), "\"sequence\":\(entry.sequence)",
            "\"fencing_token\":\(entry.token)",
        ]
        if let reference = entry.reference { members.append(Self.member("reference", reference)) }
        if let payment = entry.paymentID { members.append(Self.member("payment_id", payment)) }
        return members
    }

    static func member(_ name: String, _ text: String) -> String {
        "\(JSONText.quoted(name)):\(JSONText.quoted(text))"
    }

    static func object(_ members: [String]) -> String { "{\(members.joined(separator: ","))}" }
}
