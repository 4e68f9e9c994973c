import Foundation
import Load
import Synchronization
import Testing

/// The whole load against a ledger that keeps its promise, and against ones that break it.
struct LedgerLoadTests {
    private func configuration(_ urls: [String]) -> LedgerLoadConfiguration {
        var configuration = LedgerLoadConfiguration()
        configuration.urls = urls
        configuration.users = 12
        configuration.mode = .closed(transactions: 25)
        configuration.connections = 8
        configuration.repeatShare = 0.3
        configuration.requestTimeout = .seconds(30)
        configuration.timeLimit = .seconds(60)
        configuration.settleWait = .seconds(30)
        return configuration
    }

    private func run(_ configuration: LedgerLoadConfiguration) async throws -> LedgerReport {
        try await LedgerLoad(configuration: configuration).run { _ in }
    }

    @Test
    func `a right ledger passes, with every add entered once and every repeat replayed`() async throws {
        try await FakeLedger.run { ledger, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.exitCode == 0)
            #expect(ledger.entries.values.reduce(0) { $0 + $1.count } == 300)
            #expect(ledger.entries.values.allSatisfy { $0.count == 25 })
            #expect(ledger.keys.count == 300)
            #expect(report.taken == 300)
            #expect(report.tally.repeats > 50)
            #expect(report.tally.replays == report.tally.repeats)
            #expect(report.tally.attempts == 300 + report.tally.repeats)
            #expect(report.findings?.balances == 12)
            #expect(report.findings?.histories == 12)
            #expect(report.findings?.entries == 300)
            #expect(report.findings?.statements == 5)
            #expect(ledger.asked.numbers > 100 && ledger.asked.texts > 100)
            #expect(report.text.contains("PASSED: the accounts are exact"))
            #expect(report.text.contains(report.configuration.effectiveUserPrefix))
            let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
            #expect(json?["passed"] as? Bool == true)
            #expect(json?["taken"] as? Int == 300)
        }
    }

    @Test
    func `an open load on several threads and origins keeps its pace and passes`() async throws {
        try await FakeLedger.run(servers: 2) { ledger, urls in
            var configuration = self.configuration(urls)
            configuration.mode = .open(rate: 205, seconds: 1)
            configuration.threads = 3
            configuration.durability = .local
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.taken == 205)
            #expect(ledger.asked.preferred == ["durability=local"])
            #expect(Set(ledger.entries.values.map(\.count)) == [17, 18])
            // The last add is due one interval before the second has passed.
            #expect(report.elapsed > .milliseconds(990))
        }
    }

    @Test(arguments: [
        LedgerFaults.Fault.unavailable(enters: true), .unavailable(enters: false), .inProgress, .close, .halfAnswer,
    ])
    func `what was not answered is sent again with its key, and happens once`(fault: LedgerFaults.Fault) async throws {
        var faults = LedgerFaults()
        faults.every = (7, fault)
        try await FakeLedger.run(faults, servers: 2) { ledger, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.taken == 300)
            #expect(report.tally.retryCount >= 40)
            #expect(ledger.entries.values.allSatisfy { $0.count == 25 })
        }
    }

    @Test
    func `an answer that does not come in time is asked for again`() async throws {
        var faults = LedgerFaults()
        faults.every = (60, .silence)
        try await FakeLedger.run(faults) { ledger, urls in
            var configuration = self.configuration(urls)
            configuration.requestTimeout = .seconds(1)
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.tally.retries[.broken(.timedOut)] ?? 0 >= 5)
            #expect(ledger.entries.values.allSatisfy { $0.count == 25 })
        }
    }

    @Test
    func `what one origin cannot do is done by another`() async throws {
        try await FakeLedger.run(servers: 2, away: 1) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.taken == 300)
            #expect(report.tally.statuses[503] ?? 0 > 10)
        }
    }

    @Test
    func `a check goes on when some of its questions are not answered`() async throws {
        var faults = LedgerFaults()
        faults.unavailableQuestions = 5
        try await FakeLedger.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
        }
    }

    @Test(arguments: [
        (LedgerFaults.Fault.double, "transactions, not 25"), (.double, "a balance of"), (.lose, "transactions, not 25"),
        (.lose, "two adds were answered with the transaction"), (.status(400), "answers were wrong: status 400"),
        (.status(422), "answers were wrong: status 422 some-problem"), (.status(500), "answers were wrong: status 500"),
        (.status(409), "answers were wrong: status 409"), (.status(204), "answers were wrong: status 204"),
        (.body("{}"), "answers were wrong: 200 of another form"), (.entityTag("\"x@1\""), "200 with another ETag"),
        (.markedReplay, "only answers that say they are replays"),
    ])
    func `a ledger that is wrong now and then fails`(fault: LedgerFaults.Fault, complaint: String) async throws {
        var faults = LedgerFaults()
        faults.every = (100, fault)
        try await FakeLedger.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.repeatShare = 0
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            #expect(report.complaints.contains { $0.contains(complaint) }, "\(report.text)")
            #expect(report.text.contains("FAILED"))
        }
    }

    @Test(arguments: [
        (LedgerFaults.Replays.changed, "answers that do not fit"),
        (.hidden, "two answers without Idempotent-Replayed"), (.forgotten, "transactions, not 25"),
        (.forgotten, "was never acknowledged"),
    ])
    func `a ledger whose replays are not the first answer fails`(
        replays: LedgerFaults.Replays,
        complaint: String
    ) async throws {
        var faults = LedgerFaults()
        faults.replays = replays
        try await FakeLedger.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.exitCode == 1)
            #expect(report.tally.mismatches == report.tally.repeats)
            #expect(report.complaints.contains { $0.contains(complaint) }, "\(report.text)")
        }
    }

    @Test(arguments: [
        ("history", #""sequence":3}"#, #""sequence":4}"#, "has the sequence 4 after 2"),
        ("history", #","kind""#, #"1","kind""#, "cannot be read"),
        ("history", #""amount":""#, #""amount":"1"#, "differs from its acknowledgement"),
        ("history", #".7","#, #".8","#, "is not in the history"), ("history", "?page=2", "?page=1", "cannot be read"),
        ("balance", #""sequence":25"#, #""sequence":26"#, "26 transactions, not 25"),
        ("statement", #""sequence":7}"#, #""sequence":8}"#, "its statement differs from its history"),
        ("statement", #"{"record":"closing""#, #"{"record":"entry""#, "end with a closing line"),
    ])
    func `an account that is told wrong fails`(
        part: String,
        right: String,
        wrong: String,
        complaint: String
    ) async throws {
        var faults = LedgerFaults()
        faults.rewrites = [
            { path, body in path.hasSuffix("/\(part)") ? body.replacingOccurrences(of: right, with: wrong) : body }
        ]
        try await FakeLedger.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.exitCode == 1)
            #expect(report.complaints.contains { $0.contains(complaint) }, "\(report.text)")
            #expect(report.tally.failureCount == 0)
        }
    }

    @Test
    func `a proxy that repeats by itself may be allowed`() async throws {
        var faults = LedgerFaults()
        faults.every = (10, .markedReplay)
        try await FakeLedger.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.isBehindProxy = true
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.tally.unexplainedReplays > 10)
        }
    }

    @Test
    func `a durability that was asked for and not given fails`() async throws {
        try await FakeLedger.run { _, urls in
            var configuration = self.configuration(urls)
            configuration.durability = .replicated
            let report = try await self.run(configuration)
            #expect(report.complaints.contains { $0.contains("another durability than asked for") })
        }
        var faults = LedgerFaults()
        faults.durability = "replicated; replicas=1"
        try await FakeLedger.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.durability = .replicated
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.tally.durabilities["replicated; replicas=1"] ?? 0 >= 300)
        }
    }
}
