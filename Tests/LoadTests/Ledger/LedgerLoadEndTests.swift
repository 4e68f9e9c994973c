import Load
import Synchronization
import Testing

/// How a load of the ledger begins and ends: earlier accounts, queues, limits, cancelling.
struct LedgerLoadEndTests {
    private func configuration(_ urls: [String]) -> LedgerLoadConfiguration {
        var configuration = LedgerLoadConfiguration()
        configuration.urls = urls
        configuration.users = 5
        configuration.mode = .closed(transactions: 20)
        configuration.connections = 8
        configuration.timeLimit = .seconds(60)
        return configuration
    }

    private func run(_ configuration: LedgerLoadConfiguration) async throws -> LedgerReport {
        try await LedgerLoad(configuration: configuration).run { _ in }
    }

    @Test
    func `runs of one seed do not meet, and with one prefix the second counts on from the first`() async throws {
        try await FakeLedger.run { ledger, urls in
            for _ in 0..<2 {
                let report = try await self.run(self.configuration(urls))
                #expect(report.complaints == [])
            }
            #expect(ledger.entries.count == 10)
            for run in 1...3 {
                var configuration = self.configuration(urls)
                configuration.userPrefix = "mine"
                let report = try await self.run(configuration)
                #expect(report.complaints == [])
                #expect(ledger.entries["mine-4"]?.count == run * 20)
            }
        }
    }

    @Test
    func `queued adds are waited for and found`() async throws {
        var faults = LedgerFaults()
        faults.every = (10, .queue(enters: true))
        try await FakeLedger.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.tally.queued == 10)
            #expect(report.findings?.queued == 10)
        }
    }

    @Test
    func `a queued add that never happens fails in bounded time`() async throws {
        var faults = LedgerFaults()
        faults.every = (100, .queue(enters: false))
        try await FakeLedger.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.settleWait = .milliseconds(200)
            let report = try await self.run(configuration)
            #expect(report.complaints.contains { $0.contains("19 transactions, not 20") })
            #expect(report.complaints.contains { $0.contains("is not in the history") })
        }
    }

    @Test
    func `the time limit ends a load that cannot end, and the rest is judged with its doubt`() async throws {
        try await FakeLedger.run(servers: 2, away: 0) { ledger, urls in
            var configuration = self.configuration([urls[0]])
            configuration.timeLimit = .seconds(1)
            configuration.isChecking = false
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            #expect(report.taken == 0)
            #expect(report.tally.unanswered == 100 - report.tally.unsent)
            #expect(report.tally.unsent < 100)
            #expect(ledger.entries.isEmpty)
        }
        var faults = LedgerFaults()
        faults.every = (50, .silence)
        try await FakeLedger.run(faults) { ledger, urls in
            var configuration = self.configuration(urls)
            configuration.timeLimit = .seconds(1)
            configuration.repeatShare = 0
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            // On a slow machine more than the silent answers may be late.
            #expect(report.complaints.allSatisfy { $0.hasSuffix("before the time limit") }, "\(report.text)")
            #expect(report.tally.unanswered >= 2 || report.tally.unsent > 0)
            #expect(report.taken + report.tally.unanswered + report.tally.unsent == 100)
            #expect(report.findings?.entries == ledger.entries.values.reduce(0) { $0 + $1.count })
        }
    }

    @Test
    func `an account that nobody tells is a complaint, and the check ends`() async throws {
        var faults = LedgerFaults()
        faults.unavailableQuestions = 1
        try await FakeLedger.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.settleWait = .milliseconds(100)
            let report = try await self.run(configuration)
            #expect(report.complaints.count == 1)
            #expect(report.complaints.first?.contains("status 503") == true)
            configuration.userPrefix = "mine"
            let known = configuration
            await #expect(throws: LoadError.self) { _ = try await self.run(known) }
            configuration.isChecking = false
            let unchecked = try await self.run(configuration)
            #expect(unchecked.passed)
            #expect(unchecked.text.contains("accounts not checked"))
        }
    }

    @Test
    func `with many adds a sample of the histories is read, and every balance`() async throws {
        try await FakeLedger.run { _, urls in
            var configuration = self.configuration(urls)
            configuration.fullHistoryLimit = 99
            configuration.sampledUsers = 2
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.findings?.balances == 5)
            #expect(report.findings?.entries == 40)
            #expect(report.findings?.statements == 2)
        }
    }

    @Test
    func `nobody at home is said clearly`() async throws {
        let urls = try await FakeLedger.run { _, urls in urls }
        do {
            _ = try await self.run(self.configuration(urls))
            Issue.record("it ran")
        } catch let error as LoadError {
            guard case .cannotConnect(urls[0], let reason) = error else { throw error }
            #expect(reason.contains("refused"))
        }
    }

    @Test
    func `a cancelled load ends`() async throws {
        try await FakeLedger.run { _, urls in
            var configuration = self.configuration(urls)
            configuration.mode = .open(rate: 10, seconds: 600)
            configuration.timeLimit = .seconds(700)
            let load = LedgerLoad(configuration: configuration)
            await withTaskGroup(of: LoadError?.self) { group in
                let hasBegun = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    do throws(LoadError) {
                        _ = try await load.run { if $0.done > 0 { hasBegun.continuation.yield() } }
                        return nil
                    } catch { return error }
                }
                for await _ in hasBegun.stream { break }
                group.cancelAll()
                let error = await group.next()
                #expect(error == .some(.cancelled))
            }
        }
    }

    @Test
    func `progress is told for both phases, and grows`() async throws {
        try await FakeLedger.run { _, urls in
            let seen = Mutex<[ChangeProgress]>([])
            var configuration = self.configuration(urls)
            configuration.mode = .open(rate: 200, seconds: 1)
            _ = try await LedgerLoad(configuration: configuration).run { progress in
                seen.withLock { $0.append(progress) }
            }
            for (phase, total) in [(ChangeProgress.Phase.sending, 200), (.checking, 5)] {
                let done = seen.withLock { $0 }.filter { $0.phase == phase }.map(\.done)
                #expect(done == done.sorted())
                #expect(done.last == total)
            }
        }
    }
}
