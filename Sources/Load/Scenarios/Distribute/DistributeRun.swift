package import NIOCore

/// One run of a load of the faucet, phase after phase.
package struct DistributeRun: Sendable {
    /// How long requests at once wait for all of their connections.
    private static let connectWait = Duration.seconds(5)

    private let configuration: DistributeLoadConfiguration
    private let targets: [LoadTarget]
    private let recipients: Recipients
    /// Where requests are sent.
    private let senders: [any EventLoop]
    /// Where questions are asked.
    private let asker: any EventLoop
    private let progress: @Sendable (ChangeProgress) -> Void

    /// The last of `loops` asks questions, the others send.
    package init(
        _ configuration: DistributeLoadConfiguration,
        _ targets: [LoadTarget],
        _ recipients: Recipients,
        _ loops: [any EventLoop],
        _ progress: @escaping @Sendable (ChangeProgress) -> Void
    ) {
        precondition(loops.count >= 2)
        self.configuration = configuration
        self.targets = targets
        self.recipients = recipients
        self.senders = Array(loops.dropLast())
        self.asker = loops[loops.count - 1]
        self.progress = progress
    }

    /// `chain` nil leaves the chain out.
    package func run(chain: LoadTarget?) async throws(LoadError) -> DistributeReport {
        let started = MonotonicClock.now
        var reader = chain.map { ChainReader(self.reader([$0])) }
        defer { reader?.close() }

        let before = try await reader?.balances(of: self.recipients.addresses)
        var records: [DistributionRecord] = []
        var findings = Findings<DistributionViolation>()
        var phases: [DistributeReport.Phase] = []
        for phase in self.configuration.phases {
            let plan = DistributionPlan(
                self.configuration,
                self.recipients,
                first: records.count,
                count: phase.count
            )
            let book = DistributionBook(plan)
            let tally = try await self.send(phase, plan, book)
            phases.append(DistributeReport.Phase(phase: phase, tally: tally, elapsed: book.elapsed))
            records += book.records
            findings.add(book.findings)
        }
        let endsAt = MonotonicClock.now + self.configuration.settleWait.nanoseconds
        var evidence = CoinEvidence(self.recipients, records)
        evidence.before = before ?? []
        evidence.ends = try await self.follow(records, endsAt: endsAt, &findings)
        findings.add(CoinCheck.answers(evidence))
        if let chain = reader {
            var judge = DistributionJudge(chain, endsAt: endsAt)
            findings.add(try await judge.judge(&evidence))
        }
        return DistributeReport(
            self.configuration,
            phases,
            evidence,
            findings,
            total: .nanoseconds(MonotonicClock.now - started)
        )
    }

    private func reader(_ targets: [LoadTarget]) -> ExchangeReader {
        ExchangeReader(
            targets: targets,
            place: 0,
            loop: self.asker,
            timeout: self.configuration.requestTimeout,
            patience: self.configuration.settleWait
        )
    }

    private func send(
        _ phase: DistributionPhase,
        _ plan: DistributionPlan,
        _ book: DistributionBook
    ) async throws(LoadError) -> ChangeTally {
        let counters = ChangeCounters()
        var load = ChangeLoad(plan, targets: self.targets, rate: phase.rate.map(Double.init))
        load.watcher = book
        switch phase {
        case .sequence: load.connections = 1
        case .atOnce(let count):
            load.connections = count
            load.connectWait = Self.connectWait
        case .open:
            load.connections = self.configuration.connections
            load.connectionLimit = self.configuration.connectionLimit
        }
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.timeLimit ?? phase.timeLimit
        load.seed = self.configuration.seed
        let sending = load
        return try await LoadWatch.watching(
            .distributing,
            plan.count,
            { counters.done },
            counters,
            self.progress,
            { () async throws(LoadError) in try await sending.run(on: self.senders, counters) }
        )
    }

    private func follow(
        _ records: [DistributionRecord],
        endsAt: Int64,
        _ findings: inout Findings<DistributionViolation>
    ) async throws(LoadError) -> [Int: DistributionEnd] {
        var promises: [Int: DistributionAnswer] = [:]
        for (number, record) in records.enumerated() { promises[number] = record.answer }
        let workers = AccountWorkers(
            targets: self.targets,
            group: self.asker,
            connections: self.configuration.followers,
            timeout: self.configuration.requestTimeout + .seconds(DistributionFollower.waitSeconds),
            patience: self.configuration.settleWait
        )
        let counters = ChangeCounters()
        let follower = DistributionFollower(workers, counters, endsAt: endsAt)
        let all = promises
        var found = Findings<DistributionViolation>()
        let ends = try await LoadWatch.watching(
            .settling,
            all.count,
            { counters.checked },
            counters,
            self.progress,
            { () async throws(LoadError) in try await follower.ends(of: all, &found) }
        )
        findings.add(found)
        return ends
    }
}
