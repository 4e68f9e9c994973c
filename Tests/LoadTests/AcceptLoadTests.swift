import Foundation
import Load
import Synchronization
import Testing

/// The whole load against a service that keeps its promise, and against ones that break it.
struct AcceptLoadTests {
    private func configuration(_ services: FakeService...) -> AcceptLoadConfiguration {
        var configuration = AcceptLoadConfiguration()
        configuration.urls = services.map(\.url)
        configuration.mode = .closed(requests: 300)
        configuration.connections = 10
        configuration.ids = 50
        configuration.requestTimeout = .seconds(30)
        configuration.timeLimit = .seconds(60)
        configuration.closeWait = .seconds(30)
        configuration.stableFor = .milliseconds(50)
        configuration.lateness = .zero
        configuration.clockSkew = .milliseconds(10)
        return configuration
    }

    private func run(_ configuration: AcceptLoadConfiguration) async throws -> AcceptReport {
        try await AcceptLoad(configuration: configuration).run { _ in }
    }

    @Test
    func `a service that counts right passes, each id once per window`() async throws {
        try await FakeService.run { service in
            let report = try await self.run(self.configuration(service))
            #expect(report.complaints == [])
            #expect(report.exitCode == 0)
            #expect(report.tally.acked == 300)
            #expect(service.counted.accepts == 300)
            #expect(report.rows.reduce(0) { $0 + ($1.reported ?? 0) } == report.tally.firsts)
            #expect(report.rows.allSatisfy { $0.lowest == $0.highest })
            #expect(report.text.contains("PASSED: the counts are exact"))
            let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
            #expect(json?["passed"] as? Bool == true)
            #expect(json?["ok"] as? Int == 300)
        }
    }

    @Test
    func `an open load over several windows passes, on several threads, with ids of their own`() async throws {
        try await FakeService.run(pageSize: 1) { service in
            var configuration = self.configuration(service, service)
            configuration.mode = .open(rate: 200, seconds: 3)
            configuration.threads = 3
            configuration.hasUniqueIDs = true
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.rows.count >= 3)
            #expect(report.tally.firsts == 600)
            // The last request is due one interval before three seconds have passed.
            #expect(report.elapsed > .milliseconds(2980))
        }
    }

    @Test
    func `counts from before the load are told apart`() async throws {
        try await FakeService.run { service in
            for id in 25..<75 { service.count(id) }
            for _ in 0..<2 {
                let report = try await self.run(self.configuration(service))
                #expect(report.complaints == [])
            }
        }
    }

    @Test(arguments: [-1, 1, 100])
    func `a count that is wrong by any number fails`(error: Int) async throws {
        var faults = Faults()
        faults.countError = error
        try await FakeService.run(faults) { service in
            let report = try await self.run(self.configuration(service))
            #expect(report.exitCode == 1)
            #expect(report.complaints.count == 1)
            #expect(report.rows.count { !$0.isRight } == 1)
            #expect(report.text.contains("WRONG"))
        }
    }

    @Test
    func `when others use the service more is right and less is not`() async throws {
        for (error, passes) in [(5, true), (-1, false)] {
            var faults = Faults()
            faults.countError = error
            try await FakeService.run(faults) { service in
                var configuration = self.configuration(service)
                configuration.isShared = true
                let report = try await self.run(configuration)
                #expect(report.passed == passes, "\(report.text)")
            }
        }
    }

    @Test
    func `a report that changes after its window is closed fails`() async throws {
        var faults = Faults()
        faults.isUnstable = true
        try await FakeService.run(faults) { service in
            let report = try await self.run(self.configuration(service))
            #expect(report.complaints.contains { $0.contains("changed after the window was closed") })
        }
    }

    @Test
    func `a window that is never closed fails in bounded time`() async throws {
        var faults = Faults()
        faults.isNeverClosing = true
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.closeWait = .seconds(1)
            let report = try await self.run(configuration)
            #expect(report.complaints.contains { $0.contains("was not closed in time") })
        }
    }

    @Test
    func `an id that is first twice in a window fails`() async throws {
        var faults = Faults()
        faults.every = (100, .alwaysFirst)
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.ids = 1
            let report = try await self.run(configuration)
            #expect(report.complaints.contains { $0.contains("twice as the first") })
        }
    }

    @Test(arguments: [
        (Faults.Answer.body("ok\n"), "200 without `ok`"), (.body(""), "200 without `ok`"), (.body("no"), "200 without"),
        (.status(400, counts: false), "status 400"), (.status(302, counts: false), "status 302"),
        (.status(500, counts: true), "status 500"), (.status(404, counts: false), "status 404"),
        (.header("X-Unique", "yes"), "unreadable"), (.header("X-Unique-Minute", "now"), "unreadable"),
    ])
    func `an answer that is never right fails`(answer: Faults.Answer, complaint: String) async throws {
        var faults = Faults()
        faults.every = (75, answer)
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.isRetrying = true
            configuration.isChecking = false
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            #expect(report.tally.failedCount == 4)
            #expect(report.complaints.contains { $0.hasPrefix("4 requests failed: \(complaint)") })
        }
    }

    @Test(arguments: [
        Faults.Answer.status(503, counts: true), .status(503, counts: false), .status(502, counts: true),
        .halfAnswer, .close(counts: true), .close(counts: false), .silence,
    ])
    func `an unknown outcome fails the answers, widens the counts, and is mended by repeating`(
        answer: Faults.Answer
    ) async throws {
        var faults = Faults()
        faults.every = (33, answer)
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.hasUniqueIDs = true
            if case .silence = answer { configuration.requestTimeout = .seconds(2) }
            let strict = try await self.run(configuration)
            #expect(!strict.passed)
            #expect(strict.complaints.allSatisfy { $0.contains("requests have no certain outcome") })
            // On a slow machine more than the silent answers may be late.
            #expect(strict.tally.unknownCount >= 9)
            #expect(strict.tally.acked + strict.tally.unknownCount == 300)
            #expect(strict.rows.contains { $0.doubtful > 0 && $0.highest != $0.lowest })
            configuration.isRetrying = true
            let repeated = try await self.run(configuration)
            #expect(repeated.complaints == [])
            #expect(repeated.tally.acked == 300)
            #expect(repeated.tally.repeated >= 9)
        }
    }

    @Test
    func `unknown outcomes may be allowed, and the counts are judged all the same`() async throws {
        var faults = Faults()
        faults.every = (30, .status(503, counts: true))
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.hasUniqueIDs = true
            configuration.isAllowingUnknown = true
            let report = try await self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.tally.unknownCount == 10)
        }
    }

    @Test
    func `doubt does not hide an error that is larger than it`() async throws {
        var faults = Faults()
        faults.every = (30, .status(503, counts: false))
        faults.countError = 30
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.hasUniqueIDs = true
            configuration.isAllowingUnknown = true
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
        }
    }

    @Test
    func `a service that names no windows is checked by the clock`() async throws {
        var faults = Faults()
        faults.hasNoHeaders = true
        try await FakeService.run(faults) { service in
            let report = try await self.run(self.configuration(service))
            #expect(report.complaints == [])
            #expect(report.tally.firsts == 0)
        }
        // More than there are ids, because requests that ran over a border leave some doubt.
        faults.countError = 51
        try await FakeService.run(faults) { service in
            let report = try await self.run(self.configuration(service))
            #expect(report.exitCode == 1)
        }
    }

    @Test(arguments: [(404, "{}"), (200, "{}"), (200, "[1"), (200, #"{"window_seconds":0,"minutes":[]}"#)])
    func `without counts to compare it does not begin`(status: Int, body: String) async throws {
        var faults = Faults()
        faults.uniquesAnswer = (status, body)
        try await FakeService.run(faults) { service in
            await #expect(throws: LoadError.self) { try await self.run(self.configuration(service)) }
            #expect(service.counted.accepts == 0)
            var configuration = self.configuration(service)
            configuration.isChecking = false
            let report = try await self.run(configuration)
            #expect(report.passed)
            #expect(report.text.contains("counts not checked"))
        }
    }

    @Test
    func `nobody at home is said clearly`() async throws {
        let url = try await FakeService.run { $0.url }
        var configuration = AcceptLoadConfiguration()
        configuration.urls = [url]
        do {
            _ = try await self.run(configuration)
            Issue.record("it ran")
        } catch let error as LoadError {
            guard case .cannotConnect(url, let reason) = error else { throw error }
            #expect(reason.contains("refused"))
        }
    }

    @Test
    func `the time limit ends a load that cannot end`() async throws {
        var faults = Faults()
        faults.every = (1, .status(503, counts: false))
        try await FakeService.run(faults) { service in
            var configuration = self.configuration(service)
            configuration.isRetrying = true
            configuration.timeLimit = .seconds(1)
            configuration.isChecking = false
            let report = try await self.run(configuration)
            #expect(report.exitCode == 1)
            #expect(report.tally.acked == 0)
            #expect(report.tally.unknownCount + report.tally.unsent == 300)
        }
    }

    @Test
    func `a cancelled load ends`() async throws {
        try await FakeService.run { service in
            var configuration = self.configuration(service)
            configuration.mode = .open(rate: 10, seconds: 600)
            let load = AcceptLoad(configuration: configuration)
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
    func `progress is told, and grows`() async throws {
        try await FakeService.run { service in
            let seen = Mutex<[LoadProgress]>([])
            var configuration = self.configuration(service)
            configuration.mode = .open(rate: 200, seconds: 1)
            let load = AcceptLoad(configuration: configuration)
            _ = try await load.run { progress in seen.withLock { $0.append(progress) } }
            let all = seen.withLock { $0 }
            #expect(all.map(\.done) == all.map(\.done).sorted())
            #expect(all.contains { $0.phase == .sending && $0.done > 0 })
            #expect(all.contains { $0.phase != .sending })
            #expect(all.last?.done == 200)
        }
    }
}
