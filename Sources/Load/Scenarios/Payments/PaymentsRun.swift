package import NIOCore

/// One run of a load of payments, phase after phase.
package struct PaymentsRun: Sendable {
    private let configuration: PaymentsLoadConfiguration
    private let targets: [LoadTarget]
    /// Where payments are sent.
    private let senders: [any EventLoop]
    /// Where questions are asked.
    private let asker: any EventLoop
    private let progress: @Sendable (ChangeProgress) -> Void
    private let plan: PaymentPlan
    private let queue = FollowQueue()
    private let book: PaymentBook

    /// The last of `loops` asks questions, the others send.
    package init(
        _ configuration: PaymentsLoadConfiguration,
        _ targets: [LoadTarget],
        _ loops: [any EventLoop],
        _ progress: @escaping @Sendable (ChangeProgress) -> Void
    ) {
        precondition(loops.count >= 2)
        self.configuration = configuration
        self.targets = targets
        self.senders = Array(loops.dropLast())
        self.asker = loops[loops.count - 1]
        self.progress = progress
        self.plan = PaymentPlan(configuration)
        self.book = PaymentBook(self.plan, queue: self.queue)
    }

    package func run() async throws(LoadError) -> PaymentsReport {
        try await self.seed()
        let started = MonotonicClock.now
        let (tally, elapsed) = try await self.pay()
        let counters = ChangeCounters()
        let workers = AccountWorkers(
            targets: self.targets,
            group: self.asker,
            connections: self.configuration.connections,
            timeout: self.configuration.requestTimeout,
            patience: self.configuration.settleWait
        )
        let judge = PaymentsJudge(
            plan: self.plan,
            book: self.book,
            seeded: self.configuration.balance,
            workers: workers,
            counters: counters
        )
        var findings = PaymentFindings()
        let unknown = UnknownPayments(plan: self.plan, book: self.book)
        var adopted: [Int] = []
        do throws(LoadError) {
            adopted = try await unknown.adopt(workers)
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.add(.unread, "\(error)")
        }
        if !adopted.isEmpty {
            for number in adopted { self.queue.append(number, at: MonotonicClock.now) }
            try await self.settle()
        }
        findings.add(try await judge.lookAgain())
        if self.configuration.isChecking {
            let found = try await self.watching(
                .checking,
                self.plan.accounts,
                { counters.checked },
                counters,
                { () async throws(LoadError) in try await judge.judge() }
            )
            findings.add(found)
        }
        findings.add(self.book.findings)
        return PaymentsReport(
            self.configuration,
            tally,
            PaymentsOutcome(self.book, adopted: adopted.count),
            isChecked: self.configuration.isChecking,
            findings,
            elapsed: elapsed,
            total: .nanoseconds(MonotonicClock.now - started)
        )
    }

    private func seed() async throws(LoadError) {
        let counters = ChangeCounters()
        let seeds = SeedPlan(self.configuration)
        var load = ChangeLoad(seeds, targets: self.targets, rate: nil)
        load.connections = min(self.configuration.connections, seeds.count)
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.effectiveTimeLimit
        load.seed = self.configuration.seed
        let seeding = load
        let tally = try await self.watching(
            .seeding,
            seeds.count,
            { counters.done },
            counters,
            { () async throws(LoadError) in try await seeding.run(on: self.senders, counters) }
        )
        guard tally.takenCount == seeds.count, tally.mismatches == 0 else {
            throw .cannotSeed(tally.complaints(word: "add", isBehindProxy: true).joined(separator: "; "))
        }
    }

    /// Sends the payments and follows them; the time is that of the sending.
    private func pay() async throws(LoadError) -> (ChangeTally, Duration) {
        let counters = ChangeCounters()
        var load = ChangeLoad(self.plan, targets: self.targets, rate: self.configuration.rate.map(Double.init))
        load.watcher = self.book
        load.connections = self.configuration.connections
        if self.configuration.rate != nil { load.connectionLimit = self.configuration.connectionLimit }
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.effectiveTimeLimit
        load.seed = self.configuration.seed
        let sending = load
        let started = MonotonicClock.now
        let result = await withTaskGroup(of: Void.self) { group in
            self.follow(&group)
            defer { group.cancelAll() }

            do throws(LoadError) {
                let tally = try await self.watching(
                    .paying,
                    self.plan.count,
                    { counters.done },
                    counters,
                    { () async throws(LoadError) in try await sending.run(on: self.senders, counters) }
                )
                let elapsed = Duration.nanoseconds(MonotonicClock.now - started)
                try await self.waitForEnd(&group)
                return Result<(ChangeTally, Duration), LoadError>.success((tally, elapsed))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Follows what was found later.
    private func settle() async throws(LoadError) {
        self.queue.finish(at: MonotonicClock.now + self.configuration.settleWait.nanoseconds)
        let result = await withTaskGroup(of: Void.self) { group in
            self.follow(&group)
            defer { group.cancelAll() }

            do throws(LoadError) { return Result<Void, LoadError>.success(try await self.waitForEnd(&group)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func follow(_ group: inout TaskGroup<Void>) {
        let follower = PaymentFollower(
            targets: self.targets,
            loop: self.asker,
            plan: self.plan,
            book: self.book,
            queue: self.queue,
            timeout: self.configuration.requestTimeout
        )
        for place in 0..<self.configuration.followers { group.addTask { await follower.run(place: place) } }
    }

    private func waitForEnd(_ group: inout TaskGroup<Void>) async throws(LoadError) {
        self.queue.finish(at: MonotonicClock.now + self.configuration.settleWait.nanoseconds)
        let accepted = self.book.records.count { $0.id != nil }
        let counters = ChangeCounters()
        try await self.watching(
            .settling,
            accepted,
            { self.book.over },
            counters,
            { () async throws(LoadError) in
                await group.waitForAll()
                if Task.isCancelled { throw .cancelled }
            }
        )
    }

    private func watching<Value: Sendable>(
        _ phase: ChangeProgress.Phase,
        _ total: Int,
        _ done: @escaping @Sendable () -> Int,
        _ counters: ChangeCounters,
        _ work: () async throws(LoadError) -> Value
    ) async throws(LoadError) -> Value {
        try await LoadWatch.watching(phase, total, done, counters, self.progress, work)
    }
}
