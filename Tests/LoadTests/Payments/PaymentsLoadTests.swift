import Foundation
import Load
import NIOCore
import Testing

/// The whole load against a service that keeps its promise, and against ones that break it.
///
/// One after the other, because each is a load.
@Suite(.serialized)
struct PaymentsLoadTests {
    private func configuration(_ urls: [String]) -> PaymentsLoadConfiguration {
        var configuration = PaymentsLoadConfiguration()
        configuration.urls = urls
        configuration.accounts = 12
        configuration.mode = .closed(count: 120)
        configuration.connections = 8
        configuration.repeatShare = 0.3
        configuration.requestTimeout = .seconds(30)
        configuration.timeLimit = .seconds(60)
        configuration.settleWait = .seconds(30)
        return configuration
    }

    private func run(_ configuration: PaymentsLoadConfiguration) async throws -> PaymentsReport {
        try await PaymentsLoad(configuration: configuration).run { _ in }
    }

    @Test(arguments: PaymentPattern.allCases)
    func `a right service passes, with every payment made once`(pattern: PaymentPattern) async throws {
        var faults = PaymentsFaults()
        faults.delay = 0.03
        try await FakePayments.run(faults) { service, urls in
            var configuration = self.configuration(urls)
            configuration.pattern = pattern
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.exitCode == 0)
            #expect(service.payments.count == 120)
            #expect(report.outcome.accepted == 120)
            #expect(report.outcome.done + report.outcome.failedCount == 120)
            #expect(report.outcome.done == service.payments.count { $0.status == "done" })
            #expect(report.outcome.done > 80)
            #expect(report.tally.replays == report.tally.repeats && report.tally.repeats > 20)
            #expect(report.findings.accounts == 12)
            #expect(report.findings.entries == 12 + 2 * report.outcome.done)
            #expect(report.findings.sum == 12 * 100_000)
            // Nobody looked before the delay had passed, and the store's clock says how long it was.
            #expect(ReportText.latency(report.outcome.latency, percent: 1) >= 0.03)
            #expect(report.text.contains("PASSED: the accounts are exact"))
            let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
            #expect(json?["passed"] as? Bool == true)
            #expect(json?["done"] as? Int == report.outcome.done)
        }
    }

    @Test
    func `slow answers do not slow the pace, and payments without money may fail`() async throws {
        var faults = PaymentsFaults()
        faults.slowness = .milliseconds(200)
        try await FakePayments.run(faults, servers: 2) { _, urls in
            var configuration = self.configuration(urls)
            configuration.mode = .open(rate: 200, seconds: 1)
            configuration.connections = 2
            configuration.threads = 2
            configuration.repeatShare = 0
            configuration.balance = 5000
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.outcome.accepted == 200)
            #expect(report.outcome.failed["insufficient-funds"] ?? 0 > 0)
            // Two connections would take twenty seconds.
            #expect(report.elapsed < .seconds(15))
            #expect(report.tally.connects > 10)
            #expect(report.json.contains("\"behind_seconds\":{"))
        }
    }

    @Test(arguments: [
        PaymentsFaults.Fault.unavailable(accepts: true), .unavailable(accepts: false), .close(accepts: true),
        .close(accepts: false), .badGateway, .giveBack,
    ])
    func `what was not answered is sent again with its key, and happens once`(
        fault: PaymentsFaults.Fault
    ) async throws {
        var faults = PaymentsFaults()
        faults.every = (7, fault)
        faults.unavailableQuestions = 9
        try await FakePayments.run(faults, servers: 2) { service, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(service.payments.count == 120)
            #expect(fault == .giveBack || report.tally.retryCount >= 17)
        }
    }

    @Test
    func `what one origin cannot do is done by another`() async throws {
        try await FakePayments.run(servers: 2, away: 1) { service, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.complaints == [])
            #expect(service.payments.count == 120)
            #expect(report.tally.statuses[503] ?? 0 > 5)
        }
    }

    @Test(arguments: [
        (PaymentsFaults.Fault.doubleDebit, [PaymentViolation.extraEntry, .balance, .conservation]),
        (.skip, [.missingEntry, .balance]), (.lose, [.unknown]), (.late, [.order]),
        (.leak, [.wrongEntry, .missingEntry, .balance, .conservation]), (.neverFinish, [.unfinished]),
        (.sharedID, [.sharedID, .misread, .wrongEntry, .missingEntry]), (.failFor("balance-overflow"), [.badReason]),
        (.ghost, [.stranger, .balance]), (.misread, [.misread]),
        (.failAfterDebit, [.extraEntry, .balance, .conservation]),
    ])
    func `a service that is wrong now and then fails, and the reason is named`(
        fault: PaymentsFaults.Fault,
        violations: [PaymentViolation]
    ) async throws {
        var faults = PaymentsFaults()
        faults.every = (37, fault)
        try await FakePayments.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.pattern = .hotPayer
            configuration.balance = 100_000_000
            configuration.connections = 2
            configuration.repeatShare = 0
            configuration.settleWait = .milliseconds(800)
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            #expect(Set(report.findings.found.keys) == Set(violations), "\(report.text)")
            #expect(report.complaints.count == violations.count)
            for violation in violations {
                #expect(report.text.contains("\(violation.sentence); the first: "))
                #expect(report.json.contains("\"\(violation.rawValue)\":"))
            }
        }
    }

    @Test
    func `another id for the same key fails`() async throws {
        var faults = PaymentsFaults()
        faults.every = (10, .otherID)
        try await FakePayments.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            let found = Set(report.findings.found.keys)
            // When the other id is the first that is read, it is looked for, and the right one is a stranger.
            #expect(found.contains(.otherID) && found.isSubset(of: [.otherID, .unknown, .stranger]))
            #expect(report.tally.mismatches == report.findings.found[.otherID]?.count)
            #expect(report.exitCode == 1)
        }
    }

    @Test
    func `an account below zero fails`() async throws {
        var faults = PaymentsFaults()
        faults.isOverdrawing = true
        try await FakePayments.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.pattern = .hotPayer
            configuration.balance = 100
            let report = try await self.run(configuration)
            #expect(Set(report.findings.found.keys) == [.negative])
        }
    }

    @Test(arguments: [PaymentsFaults.Fault.mute(accepts: true), .mute(accepts: false), .status(500)])
    func `payments that are never accepted by an answer are found or were not made, and both pass`(
        fault: PaymentsFaults.Fault
    ) async throws {
        var faults = PaymentsFaults()
        faults.every = (20, fault)
        faults.delay = 0.02
        try await FakePayments.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.mode = .closed(count: 40)
            configuration.timeLimit = .seconds(3)
            let report = try await self.run(configuration)
            let isAccepted = fault == .mute(accepts: true)
            #expect(report.complaints == [])
            #expect(report.tally.unanswered == 2)
            #expect(report.outcome.adopted == (isAccepted ? 2 : 0))
            #expect(report.outcome.unanswered == (isAccepted ? 0 : 2))
            #expect(report.outcome.accepted == (isAccepted ? 40 : 38))
            #expect(report.text.contains("unanswered  2, of them \(isAccepted ? 2 : 0) found"))
        }
    }

    @Test(arguments: [400, 422])
    func `an answer that should never come fails`(status: Int) async throws {
        var faults = PaymentsFaults()
        faults.every = (40, .status(status))
        try await FakePayments.run(faults) { _, urls in
            let report = try await self.run(self.configuration(urls))
            #expect(report.tally.failureCount == 3)
            #expect(report.outcome.unanswered == 3)
            #expect(report.complaints.first == "3 answers were wrong: status \(status) some-problem")
        }
    }

    @Test
    func `a load that cannot fill its accounts does not run`() async throws {
        try await FakePayments.run(away: 0) { _, urls in
            var configuration = self.configuration(urls)
            configuration.timeLimit = .milliseconds(300)
            do {
                _ = try await self.run(configuration)
                Issue.record("it ran")
            } catch {
                guard case LoadError.cannotSeed = error else { throw error }
            }
        }
    }

    @Test
    func `a load that is not to check tells what became of the payments alone`() async throws {
        var faults = PaymentsFaults()
        faults.every = (37, .doubleDebit)
        try await FakePayments.run(faults) { _, urls in
            var configuration = self.configuration(urls)
            configuration.isChecking = false
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.outcome.done > 80)
            #expect(report.text.contains("PASSED: accounts not checked"))
        }
    }
}
