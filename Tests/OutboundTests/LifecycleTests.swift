import Foundation
import Logging
import Outbound
import ServiceLifecycle
import Testing

struct LifecycleTests {
    private typealias Outcome = Result<Int, OutboundError>

    private func outcome(
        _ client: OutboundClient,
        _ url: String,
        timeout: Duration? = nil
    ) async -> Result<Int, OutboundError> {
        do throws(OutboundError) {
            let endpoint = Endpoint(unvetted: url, host: "127.0.0.1", port: 1)
            return .success(try await client.send(OutboundRequest(.get, endpoint, timeout: timeout)).status)
        } catch {
            return .failure(error)
        }
    }

    private func client(_ configure: (inout OutboundConfiguration) -> Void = { _ in }) throws -> OutboundClient {
        var configuration = OutboundConfiguration(policy: try EndpointPolicy(allowing: ["127.0.0.1"]))
        configuration.connectTimeout = .seconds(30)
        configuration.totalTimeout = .seconds(60)
        configure(&configuration)
        return OutboundClient(configuration: configuration, logger: Logger(label: "test"))
    }

    @Test func `what does not fit the queue is refused at once`() async throws {
        let peer = try await Peer("http")
        let client = try self.client {
            $0.connectionsPerHost = 1
            $0.queueLimitPerHost = 3
        }
        try await running(client) { () async throws in
            let url = "http://127.0.0.1:\(peer.port)/never"
            await withTaskGroup(of: Outcome.self) { group in
                group.addTask { await self.outcome(client, url) }
                let isRunning = try? await eventually { try await peer.counts().requests == 1 }
                #expect(isRunning == true)
                for _ in 0..<10 { group.addTask { await self.outcome(client, url) } }
                for _ in 0..<7 { #expect(await group.next() == .failure(.notSent(.overloaded))) }
                group.cancelAll()
                var ends: [Outcome: Int] = [:]
                for await end in group { ends[end, default: 0] += 1 }
                #expect(ends == [.failure(.outcomeUnknown(.cancelled)): 1, .failure(.notSent(.cancelled)): 3])
            }
        }
    }

    @Test func `cancelling a caller ends its transfer and nobody else's`() async throws {
        let peer = try await Peer("http")
        let client = try self.client()
        try await running(client) { () async throws in
            async let other = self.outcome(client, "http://127.0.0.1:\(peer.port)/slow/300")
            await withTaskGroup(of: Outcome.self) { group in
                group.addTask { await self.outcome(client, "http://127.0.0.1:\(peer.port)/never") }
                let isRunning = try? await eventually { try await peer.counts().requests == 2 }
                #expect(isRunning == true)
                group.cancelAll()
                #expect(await group.next() == .failure(.outcomeUnknown(.cancelled)))
            }
            #expect(await other == .success(200))
            let isClosed = try await eventually { try await peer.counts().open == 1 }
            #expect(isClosed)
        }
    }

    @Test func `the place of a cancelled request is the next one's`() async throws {
        let peer = try await Peer("http")
        let client = try self.client { $0.connectionsPerHost = 1 }
        try await running(client) { () async throws in
            await withTaskGroup(of: Outcome.self) { group in
                group.addTask { await self.outcome(client, "http://127.0.0.1:\(peer.port)/never") }
                let isRunning = try? await eventually { try await peer.counts().requests == 1 }
                #expect(isRunning == true)
                async let next = self.outcome(client, "http://127.0.0.1:\(peer.port)/", timeout: .seconds(30))
                // Long enough for it to wait its turn, though nothing is wrong if it does not yet.
                try? await Task.sleep(for: .milliseconds(50))
                group.cancelAll()
                #expect(await next == .success(200))
            }
        }
    }

    @Test func `cancelling before the connection stands means nothing was sent`() async throws {
        let hole = try await Peer("hole")
        let client = try self.client()
        try await running(client) { () async throws in
            await withTaskGroup(of: Outcome.self) { group in
                group.addTask { await self.outcome(client, "http://127.0.0.1:\(hole.port)/") }
                group.cancelAll()
                #expect(await group.next() == .failure(.notSent(.cancelled)))
            }
        }
    }

    @Test func `a request made before the client runs waits for it`() async throws {
        let peer = try await Peer("http")
        let client = try self.client()
        await withTaskGroup(of: Void.self) { services in
            async let answer = self.outcome(client, "http://127.0.0.1:\(peer.port)/")
            services.addTask { try? await client.run() }
            #expect(await answer == .success(200))
            services.cancelAll()
        }
    }

    @Test func `a graceful shutdown lets what runs end, and takes no more`() async throws {
        let peer = try await Peer("http")
        let client = try self.client()
        let group = ServiceGroup(services: [client], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { services in
            services.addTask { try await group.run() }
            async let slow = self.outcome(client, "http://127.0.0.1:\(peer.port)/slow/500")
            _ = try await eventually { try await peer.counts().requests == 1 }
            await group.triggerGracefulShutdown()
            #expect(await slow == .success(200))
            try await services.waitForAll()
            let late = await self.outcome(client, "http://127.0.0.1:\(peer.port)/")
            #expect(late == .failure(.notSent(.shuttingDown)))
            #expect(try await peer.counts().requests == 1)
        }
    }

    @Test func `a graceful shutdown does not wait for ever`() async throws {
        let peer = try await Peer("http")
        let client = try self.client { $0.totalTimeout = .milliseconds(300) }
        let group = ServiceGroup(services: [client], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { services in
            services.addTask { try await group.run() }
            async let stuck = self.outcome(client, "http://127.0.0.1:\(peer.port)/never", timeout: .seconds(600))
            _ = try await eventually { try await peer.counts().requests == 1 }
            await group.triggerGracefulShutdown()
            try await services.waitForAll()
            #expect(await stuck == .failure(.outcomeUnknown(.shuttingDown)))
        }
    }

    @Test func `cancelling the client ends everything at once`() async throws {
        let peer = try await Peer("http")
        let client = try self.client { $0.connectionsPerHost = 1 }
        await withTaskGroup(of: Void.self) { services in
            services.addTask { try? await client.run() }
            async let running = self.outcome(client, "http://127.0.0.1:\(peer.port)/never")
            _ = try? await eventually { try await peer.counts().requests == 1 }
            async let waiting = self.outcome(client, "http://127.0.0.1:\(peer.port)/never")
            services.cancelAll()
            #expect(await running == .failure(.outcomeUnknown(.shuttingDown)))
            #expect(await waiting == .failure(.notSent(.shuttingDown)))
        }
    }
}
