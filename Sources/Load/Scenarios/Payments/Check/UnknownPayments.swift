/// Looks for payments that were sent and never answered: they may have been accepted, or not.
package struct UnknownPayments: Sendable {
    private let plan: PaymentPlan
    private let book: PaymentBook

    package init(plan: PaymentPlan, book: PaymentBook) {
        self.plan = plan
        self.book = book
    }

    /// Takes over those that stand in their payers' lists; the others never happened, and must have no entries.
    ///
    /// Returns the numbers of those it found.
    package func adopt(_ workers: AccountWorkers) async throws(LoadError) -> [Int] {
        let records = self.book.records
        let unknown = records.indices.filter { records[$0].state == .unanswered }
        guard !unknown.isEmpty else { return [] }
        let known = Set(records.lazy.compactMap(\.id))
        let byPayer = Dictionary(grouping: unknown) { self.plan.sides($0).from }
        try await workers.forEach(Array(byPayer.keys)) { reader, payer throws(LoadError) in
            var numbers = byPayer[payer] ?? []
            var path = "/users/\(self.plan.user(payer))/payments"
            while !numbers.isEmpty {
                let answer = try await reader.http.get(path)
                guard answer.status == 200, let page = JSONAnswer.decode(PaymentsPage.self, answer.body) else {
                    throw .cannotCheck("\(path) was answered with \(answer.status)")
                }
                for payment in page.payments {
                    guard let id = PaymentULID(payment.id), !known.contains(id),
                        let place = numbers.firstIndex(where: { self.isLike(payment, number: $0) })
                    else { continue }
                    self.book.adopt(numbers.remove(at: place), id)
                }
                guard let next = page.next, !page.payments.isEmpty else { break }
                path = next
            }
        }
        let after = self.book.records
        return unknown.filter { after[$0].id != nil }
    }

    private func isLike(_ payment: PaymentAnswer, number: Int) -> Bool {
        let sides = self.plan.sides(number)
        return payment.from == self.plan.user(sides.from) && payment.to == self.plan.user(sides.to)
            && Cents.read(payment.amount) == self.plan.cents(number)
    }
}
