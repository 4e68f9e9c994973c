import Load
import NIOCore
import Testing

/// The whole load against faucets that break their promise: each way is named.
@Suite(.serialized)
struct DistributeLoadFaultTests {
    @Test(arguments: [
        (FaucetFaults.Fault.skipCoin, [DistributionViolation.missingCoin]), (.doubleCoin, [.extraCoin]),
        (.sharedHash, [.sharedHash, .noReceipt, .missingCoin, .gap]), (.sharedID, [.sharedID, .missingCoin, .gap]),
        (.wrongValue, [.wrongValue, .missingCoin]), (.wrongRecipient, [.wrongRecipient, .missingCoin]),
        (.wrongNonce, [.wrongNonce, .gap]), (.promisedNonce, [.wrongNonce]), (.lateDouble, [.extraCoin, .gap]),
        (.gap, [.gap]), (.reverted, [.reverted, .missingCoin]),
        (.failed, [.failed, .missingCoin]), (.noReceipt, [.noReceipt, .missingCoin, .gap]), (.unknown, [.unknown]),
        (.misread, [.misread]), (.amount, [.amount, .missingCoin]), (.bumpedTwice, [.twice]),
    ])
    func `a faucet that is wrong now and then fails, and the reason is named`(
        fault: FaucetFaults.Fault,
        violations: [DistributionViolation]
    ) async throws {
        var faults = FaucetFaults()
        faults.every = (9, fault)
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.settleWait = .milliseconds(800)
            let report = try await DistributeLoadTests.run(configuration)
            #expect(report.exitCode == 1)
            #expect(Set(report.findings.found.keys) == Set(violations), "\(report.text)")
            #expect(report.complaints.count == violations.count)
            #expect(report.text.contains("FAILED"))
            for violation in violations {
                #expect(report.text.contains("\(violation.sentence); the first: "))
                #expect(report.json.contains("\"\(violation.rawValue)\":"))
            }
        }
    }

    @Test
    func `what is accepted for later and never delivered fails`() async throws {
        var faults = FaucetFaults()
        faults.every = (20, .queue(delivers: false))
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.phases = [.open(rate: 60, seconds: 1)]
            configuration.settleWait = .milliseconds(500)
            let report = try await DistributeLoadTests.run(configuration)
            #expect(report.findings.found[.unfinished]?.count == 3)
            #expect(report.complaints.count == 1)
            #expect(report.expected == (57, 60) && report.found == 57)
        }
    }

    @Test(arguments: [
        (FaucetFaults.Fault.status(500, pays: true), "at once: answers with a status that is not 200 (500: 2)"),
        (.status(503, pays: false), "at once: answers with a status that is not 200 (503: 2)"),
        (.queue(delivers: true), "at once: answers with a status that is not 200 (202: 2)"),
        (.close(pays: true), "at once: requests without an answer (connection closed: 2)"),
        (.status(400, pays: false), "2 answers were wrong: status 400 some-problem"),
        (.body("{}"), "2 answers were wrong: 200 of another form"),
    ])
    func `without keys every answer in sequence and at once must be 200`(
        fault: FaucetFaults.Fault,
        complaint: String
    ) async throws {
        var faults = FaucetFaults()
        faults.every = (25, fault)
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.phases = [.sequence(20), .atOnce(30)]
            let report = try await DistributeLoadTests.run(configuration)
            #expect(report.complaints.first == complaint)
            #expect(report.findings.complaints == [])
            #expect(report.exitCode == 1)
        }
    }

    @Test(arguments: [true, false])
    func `an internal error fails at a fixed pace too`(hasKeys: Bool) async throws {
        var faults = FaucetFaults()
        faults.every = (20, .status(500, pays: true))
        try await FakeFaucet.run(faults) { service, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.phases = [.open(rate: 40, seconds: 1)]
            configuration.hasKeys = hasKeys
            let report = try await DistributeLoadTests.run(configuration)
            #expect(report.complaints == ["open: answers with a status that is not 200 (500: 2)"])
            #expect(report.found == 40 && service.made == 40)
        }
    }

    @Test(arguments: [FaucetFaults.Fault.otherHash, .otherID])
    func `a key that is answered in two ways fails`(fault: FaucetFaults.Fault) async throws {
        var faults = FaucetFaults()
        faults.every = (10, fault)
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.hasKeys = true
            configuration.repeatShare = 1
            let report = try await DistributeLoadTests.run(configuration)
            let found = Set(report.findings.found.keys)
            #expect(report.findings.found[.otherAnswer]?.count == 6)
            // When the wrong answer is the first that is read, it is what is looked for.
            #expect(found.isSubset(of: [.otherAnswer, .unknown]))
            #expect(report.tally.mismatches == (fault == .otherID ? 6 : 0))
        }
    }

    @Test
    func `a coin more than was asked for fails, even when some requests were not answered`() async throws {
        var faults = FaucetFaults()
        faults.every = (20, .close(pays: true))
        try await FakeFaucet.run(faults) { service, urls in
            var configuration = DistributeLoadTests.configuration(urls)
            configuration.phases = [.open(rate: 60, seconds: 1)]
            configuration.requestTimeout = .seconds(5)
            service.giveExtra(to: configuration.address, coins: 1, afterRequests: 30)
            let report = try await DistributeLoadTests.run(configuration)
            #expect(report.expected == (57, 60))
            #expect(report.found == 61)
            #expect(Set(report.findings.found.keys) == [.extraCoin])
        }
    }
}
