import Synchronization

/// Compares the accounts of a load with its payments, when these are over.
package struct PaymentsJudge: Sendable {
    private let plan: PaymentPlan
    private let book: PaymentBook
    private let seeded: Int64
    private let workers: AccountWorkers
    private let counters: ChangeCounters

    /// `seeded` is what each account was given, in cents.
    package init(
        plan: PaymentPlan,
        book: PaymentBook,
        seeded: Int64,
        workers: AccountWorkers,
        counters: ChangeCounters
    ) {
        self.plan = plan
        self.book = book
        self.seeded = seeded
        self.workers = workers
        self.counters = counters
    }

    /// Looks once more at each payment that is not over, and says which of them stay so.
    package func lookAgain() async throws(LoadError) -> PaymentFindings {
        let records = self.book.records
        let open = records.indices.filter { records[$0].state == .accepted }
        let findings = Mutex(PaymentFindings())
        do throws(LoadError) {
            try await self.workers.forEach(open) { reader, number throws(LoadError) in
                guard let id = records[number].id else { return }
                let isOver = self.book.note(number, try await reader.look(id, number: number, of: self.plan))
                if !isOver { findings.withLock { $0.add(.unfinished, self.name(number, id)) } }
            }
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.withLock { $0.add(.unfinished, "\(error)") }
        }
        return findings.withLock { $0 }
    }

    /// Reads every account whole; in bounded time if the service answers.
    package func judge() async throws(LoadError) -> PaymentFindings {
        let knowledge = PaymentKnowledge(plan: self.plan, records: self.book.records, seeded: self.seeded)
        let findings = Mutex(PaymentFindings())
        for id in knowledge.shared { findings.withLock { $0.add(.sharedID, "\(id)") } }
        do throws(LoadError) {
            try await self.workers.forEach(0..<self.plan.accounts) { reader, account throws(LoadError) in
                let found = try await Self.judge(account, &reader, knowledge)
                findings.withLock { $0.add(found) }
                self.counters.countChecked()
            }
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.withLock { $0.add(.unread, "\(error)") }
        }
        var all = findings.withLock { $0 }
        self.compareSum(&all, knowledge)
        return all
    }

    private static func judge(
        _ account: Int,
        _ reader: inout AccountClient,
        _ knowledge: PaymentKnowledge
    ) async throws(LoadError) -> PaymentFindings {
        var findings = PaymentFindings()
        let user = knowledge.plan.user(account)
        switch (try await reader.standing(user), try await reader.entries(user)) {
        case (.read(let standing), .read(let entries)):
            return PaymentAccountCheck.findings(account, entries, standing, knowledge)
        case (.wrong(let reason), _), (_, .wrong(let reason)): findings.add(.unread, reason)
        }
        return findings
    }

    /// Money is on its way only while a payment is, so the sum is exact when all are over and all accounts were read.
    private func compareSum(_ findings: inout PaymentFindings, _ knowledge: PaymentKnowledge) {
        guard findings.accounts == self.plan.accounts, !knowledge.records.contains(where: { $0.state == .accepted })
        else { return }
        let given = self.seeded * Int64(self.plan.accounts)
        guard findings.sum != given else { return }
        let sum = findings.sum
        findings.add(.conservation, "\(Cents.text(sum)), not \(Cents.text(given))")
    }

    private func name(_ number: Int, _ id: PaymentULID) -> String {
        "\(id), payment \(number) of \(self.plan.user(of: number))"
    }
}
