import Coordination
import Faucet
import Foundation
import RESP
import Redis
import Support
import Testing

/// A fail-over to a copy of Redis that lacks the last seconds: mode 26.
@Suite(.serialized)
struct StoreRollbackTests {
    private static func copy(of server: RedisServer) throws -> URL {
        let copy = server.folder.url.appending(path: "copy")
        try FileManager.default.copyItem(at: server.folder.url.appending(path: "appendonlydir"), to: copy)
        return copy
    }

    private static func restore(_ copy: URL, _ server: RedisServer) throws {
        server.kill()
        let folder = server.folder.url.appending(path: "appendonlydir")
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: copy, to: folder)
        try server.start()
    }

    /// Failure mode 26.
    @Test func `26: what was sent after the copy was made is found on the chain, and not paid again`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let first = try await fixture.withProcess("first") { worker in
                try await worker.untilReady()
                return try await worker.ended(try await worker.admitEach(0..<5))
            }
            // The copy knows that these have nonces, and not that they were signed.
            let second = try await fixture.admitEach(5..<10)
            let copy = try Self.copy(of: fixture.server)
            try await fixture.withProcess("second") { worker in
                // The copy knows nothing at all of the others.
                try await worker.ended(second + (try await worker.admitEach(10..<15)))
            }
            try Self.restore(copy, fixture.server)
            try await eventually { fixture.node.isReady }
            try await fixture.withProcess("third") { worker in
                let found = try await worker.ended(second)
                let last = try await worker.ended(try await worker.admitEach(15..<20))
                for address in FaucetFixture.addresses(0..<20) {
                    #expect(try await worker.balance(address) == worker.options.faucet.amount)
                }
                let all = first + found + last
                #expect(all.allSatisfy { $0.state == .confirmed })
                #expect(Set(all.compactMap(\.minedHash)).count == 15)
                #expect(found.allSatisfy { $0.lostNonces.isEmpty })
                try await worker.expectQuiet(transactions: 20)
            }
        }
    }

    /// Failure mode 26.
    @Test func `26: nonces that the copy gives out again are found used, and coins get others`() async throws {
        var options = FaucetFixture.Options()
        options.callTimeout = .milliseconds(500)
        try await FaucetFixture.with(options) { fixture in
            let first = try await fixture.ended(try await fixture.admitEach(0..<5))
            let copy = try Self.copy(of: fixture.server)
            try await fixture.ended(try await fixture.admitEach(5..<10))
            // The lane cannot see the chain yet when the next requests come.
            fixture.chain.pause()
            try Self.restore(copy, fixture.server)
            try await eventually { fixture.node.isReady }
            var second: [Admission] = []
            for address in FaucetFixture.addresses(10..<15) {
                second.append(try await fixture.admitStubbornly(address))
            }
            #expect(second.compactMap(\.nonce) == [5, 6, 7, 8, 9])
            fixture.chain.resume()
            let distributions = first + (try await fixture.ended(second))
            for address in FaucetFixture.addresses(0..<15) {
                #expect(try await fixture.balance(address) == fixture.options.faucet.amount)
            }
            #expect(Set(distributions.compactMap(\.minedHash)).count == 10)
            try await fixture.expectQuiet(transactions: 15)
        }
    }
}
