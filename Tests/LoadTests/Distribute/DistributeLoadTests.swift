import Foundation
import Load
import NIOCore
import Testing

/// The whole load against a faucet that keeps its promise, and against ones that do nearly.
///
/// One after the other, because each is a load.
@Suite(.serialized)
struct DistributeLoadTests {
    static func configuration(_ urls: [String]) -> DistributeLoadConfiguration {
        var configuration = DistributeLoadConfiguration()
        configuration.urls = urls
        configuration.chain = urls.first
        configuration.phases = [.sequence(20), .atOnce(40)]
        configuration.requestTimeout = .seconds(30)
        configuration.timeLimit = .seconds(60)
        configuration.settleWait = .seconds(30)
        return configuration
    }

    static func run(_ configuration: DistributeLoadConfiguration) async throws -> DistributeReport {
        try await DistributeLoad(configuration: configuration).run { _ in }
    }

    @Test(
        arguments: [
            { _ in }, { $0.isPosting = true }, { $0.addresses = 7 },
            {
                $0.hasKeys = true
                $0.repeatShare = 0.4
            },
            { $0.phases = [.open(rate: 60, seconds: 1)] },
            {
                $0.phases = [.sequence(5), .atOnce(5), .open(rate: 100, seconds: 1)]
                $0.threads = 2
                $0.addresses = 3
                $0.isPosting = true
                $0.hasKeys = true
            },
        ] as [@Sendable (inout DistributeLoadConfiguration) -> Void]
    )
    func `a right faucet passes, with every coin delivered once`(
        change: @Sendable (inout DistributeLoadConfiguration) -> Void
    ) async throws {
        var faults = FaucetFaults()
        faults.delay = 0.15
        try await FakeFaucet.run(faults, servers: 2) { service, urls in
            var configuration = Self.configuration(urls)
            change(&configuration)
            let report = try await Self.run(configuration)
            let count = configuration.requests
            #expect(report.complaints == [])
            #expect(report.exitCode == 0)
            #expect(service.made == count)
            #expect(report.tally.statuses == [200: report.tally.attempts])
            #expect(report.count.submitted == count && report.count.delivered == count && report.count.doubtful == 0)
            #expect(report.expected == (UInt64(count), UInt64(count)) && report.found == UInt64(count))
            #expect(report.tally.replays == report.tally.repeats)
            #expect(!configuration.hasKeys || report.tally.repeats > 3)
            #expect(report.text.contains("nonces 7 to \(6 + count), gapless"))
            #expect(report.text.contains("coins       \(count) of 1000000000000000000 wei expected, \(count) found"))
            #expect(report.text.contains("PASSED: the coins are exact"))
            let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
            #expect(json?["passed"] as? Bool == true)
            #expect(json?["delivered"] as? Int == count)
            #expect((json?["check"] as? [String: Any])?["coins_found"] as? Int == count)
            #expect((json?["phases"] as? [[String: Any]])?.count == configuration.phases.count)
            let posts = service.requests.count { $0.method == "POST" }
            #expect(posts == (configuration.isPosting ? report.tally.attempts : 0))
            let keys = Set(service.requests.compactMap { $0.headers["idempotency-key"] })
            #expect(keys.count == (configuration.hasKeys ? count : 0))
        }
    }

    @Test
    func `requests in sequence share a connection, and those at once have one each`() async throws {
        try await FakeFaucet.run { service, urls in
            _ = try await Self.run(Self.configuration(urls))
            let connections = service.requests.map(\.connection)
            #expect(Set(connections.prefix(20)).count == 1)
            #expect(Set(connections.dropFirst(20)).count == 40)
        }
    }

    @Test
    func `slow answers do not slow the pace, and senders may take turns`() async throws {
        var faults = FaucetFaults()
        faults.slowness = .milliseconds(200)
        faults.senders = 3
        faults.unavailableQuestions = 5
        try await FakeFaucet.run(faults, servers: 2) { _, urls in
            var configuration = Self.configuration(urls)
            configuration.phases = [.open(rate: 200, seconds: 1)]
            configuration.connections = 2
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.found == 200)
            // Two connections would take twenty seconds.
            #expect(report.total < .seconds(15))
            #expect(report.evidence.nonces.count == 3)
        }
    }

    @Test(arguments: [
        FaucetFaults.Fault.status(503, pays: true), .status(503, pays: false), .status(502, pays: true),
        .close(pays: true), .close(pays: false),
    ])
    func `what was not answered is sent again with its key, and is one coin`(fault: FaucetFaults.Fault) async throws {
        var faults = FaucetFaults()
        faults.every = (7, fault)
        try await FakeFaucet.run(faults, servers: 2) { service, urls in
            var configuration = Self.configuration(urls)
            configuration.hasKeys = true
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(service.made == 60)
            #expect(report.found == 60 && report.expected == (60, 60))
            #expect(report.tally.retryCount >= 8)
        }
    }

    @Test(arguments: [FaucetFaults.Fault.close(pays: true), .close(pays: false), .status(503, pays: true)])
    func `what was not answered is sent once without a key, and its coin may be there or not`(
        fault: FaucetFaults.Fault
    ) async throws {
        var faults = FaucetFaults()
        faults.every = (6, fault)
        try await FakeFaucet.run(faults) { service, urls in
            var configuration = Self.configuration(urls)
            configuration.phases = [.open(rate: 60, seconds: 1)]
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(service.requests.count == 60)
            #expect(report.count.doubtful == 10)
            #expect(report.expected == (50, 60))
            #expect(report.found == (fault == .close(pays: false) ? 50 : 60))
            #expect(report.text.contains("doubtful    10 ("))
        }
    }

    @Test
    func `what is accepted for later is followed until it is there`() async throws {
        var faults = FaucetFaults()
        faults.every = (5, .queue(delivers: true))
        faults.delay = 0.3
        faults.isUpdatingAnswers = true
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = Self.configuration(urls)
            configuration.phases = [.open(rate: 60, seconds: 1)]
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.count.queued == 12 && report.count.deliveredLater == 12)
            #expect(report.expected == (60, 60) && report.found == 60)
            #expect(report.text.contains("delivered   60, 12 of them later"))
            configuration.hasKeys = true
            configuration.repeatShare = 1
            let keyed = try await Self.run(configuration)
            #expect(keyed.complaints == [])
            #expect(keyed.found == 60)
        }
    }

    @Test
    func `another transaction than the first may deliver a coin`() async throws {
        var faults = FaucetFaults()
        faults.every = (3, .bumped)
        try await FakeFaucet.run(faults) { _, urls in
            let report = try await Self.run(Self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.found == 60)
        }
    }

    @Test
    func `a node that lags behind what the faucet tells is waited for`() async throws {
        var faults = FaucetFaults()
        faults.lag = 0.6
        try await FakeFaucet.run(faults) { _, urls in
            let report = try await Self.run(Self.configuration(urls))
            #expect(report.complaints == [])
            #expect(report.found == 60)
        }
    }

    @Test
    func `a load that does not know the chain, or cannot reach it, does not run`() async throws {
        try await FakeFaucet.run(servers: 2, away: 1) { service, urls in
            var configuration = Self.configuration([urls[0]])
            configuration.settleWait = .milliseconds(100)
            for chain in [nil, urls[1], "http://127.0.0.1:1", "https://example.org"] {
                configuration.chain = chain
                do {
                    _ = try await Self.run(configuration)
                    Issue.record("it ran with \(chain ?? "none")")
                } catch {
                    guard let error = error as? LoadError else { throw error }
                    if case .badArgument(let reason) = error { #expect(reason.contains("--chain")) }
                }
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test
    func `a load that is not to check needs no chain, and tells what became of the distributions alone`() async throws {
        var faults = FaucetFaults()
        faults.every = (7, .doubleCoin)
        try await FakeFaucet.run(faults) { _, urls in
            var configuration = Self.configuration(urls)
            configuration.isChecking = false
            configuration.chain = nil
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.count.delivered == 60)
            #expect(report.text.contains("PASSED: the chain was not checked"))
            #expect(!report.json.contains("\"check\""))
        }
    }
}
