/// A load's knowledge of its payments when all is over, and of the accounts that each concerns.
package struct PaymentKnowledge: Sendable {
    package let plan: PaymentPlan
    package let records: [PlannedPayment]
    /// Cents that each account was given.
    package let seeded: Int64
    /// Ids that were given to two payments.
    package private(set) var shared: [PaymentULID] = []
    private var numbers: [PaymentULID: UInt32] = [:]
    /// The payments of each account, one account after the other, and where each one's begin.
    private var members: [UInt32]
    private var starts: [Int]

    package init(plan: PaymentPlan, records: [PlannedPayment], seeded: Int64) {
        self.plan = plan
        self.records = records
        self.seeded = seeded
        self.numbers.reserveCapacity(records.count)
        self.starts = Array(repeating: 0, count: plan.accounts + 1)
        for (number, record) in records.enumerated() {
            guard let id = record.id else { continue }
            if self.numbers.updateValue(UInt32(number), forKey: id) != nil { self.shared.append(id) }
            let sides = plan.sides(number)
            self.starts[sides.from + 1] += 1
            self.starts[sides.to + 1] += 1
        }
        for account in 0..<plan.accounts { self.starts[account + 1] += self.starts[account] }
        self.members = Array(repeating: 0, count: self.starts[plan.accounts])
        var places = self.starts
        for (number, record) in records.enumerated() where record.id != nil {
            let sides = plan.sides(number)
            for account in [sides.from, sides.to] {
                self.members[places[account]] = UInt32(number)
                places[account] += 1
            }
        }
    }

    package func number(_ id: PaymentULID) -> Int? { self.numbers[id].map { Int($0) } }

    /// The payments with an id that an account makes or gets.
    package func payments(of account: Int) -> ArraySlice<UInt32> {
        self.members[self.starts[account]..<self.starts[account + 1]]
    }

    /// An id and number of a payment, for people.
    package func name(_ number: Int) -> String {
        let sides = self.plan.sides(number)
        return "\(self.records[number].id.map(\.description) ?? "none"), payment \(number) of "
            + "\(Cents.text(self.plan.cents(number))) from \(self.plan.user(sides.from)) to \(self.plan.user(sides.to))"
    }
}
