import CouponAPI
import Foundation
import Support
import Synchronization
import Testing

/// A primary that is made a replica while it is in use, and a primary again.
struct PrimaryChangeTests {
    private final class End: Sendable {
        let hasCome = Mutex(false)
    }

    private static let json = ["-H", "Content-Type: application/json"]

    /// The requests that clients make all the time; the numbers are curl's own.
    private static func requests(_ url: String, campaign: Int64) -> [[String]] {
        let coupon = "\(url)/coupon.v1.CouponService/IssueCoupon#[1-20]"
        let payment = #"{"from_account":"alice","to_account":"bob","amount":"0.01"}"#
        return [
            Self.json + ["-d", #"{"amount":1}"#, "\(url)/users/u[1-20]/add"],
            // All on the payer's account, so that some have to wait for their turn.
            Self.json + ["-d", #"{"amount":1}"#, "\(url)/users/alice/add#[1-20]"],
            Self.json + ["-d", payment, "\(url)/payments#[1-20]"],
            Self.json + ["-d", #"{"campaignId":"\#(campaign)"}"#, coupon],
            ["balance#[1-10]", "statement#[1-5]", "history#[1-5]"].map { "\(url)/users/alice/\($0)" },
            ["\(url)/api/verve/accept?id=[1-20]"],
        ]
    }

    /// The status of each answer, and its `Retry-After`, which calls of Connect have in their body.
    private static func ask(_ request: [String]) async throws -> [String] {
        let line = #"\nANSWER %{http_code} %header{retry-after}\n"#
        let form = ["-sS", "--max-time", "\(20 * Patience.factor)", "-w", line]
        let output = try await TallySystem.output("/usr/bin/curl", form + request)
        let isCall = request.contains { $0.contains("/coupon.v1.") }
        return output.split(separator: "\n").filter { $0.hasPrefix("ANSWER ") }.map {
            isCall ? "\($0.dropFirst(7))call" : String($0.dropFirst(7))
        }
    }

    private func redis(_ server: RedisServer, _ words: String...) async throws -> String {
        try await TallySystem.output("/usr/bin/redis-cli", ["-p", "\(server.port)"] + words)
    }

    /// The numbers of the processes' connections, by the server's own list.
    private func clients(_ server: RedisServer) async throws -> Set<Substring> {
        let lines = try await self.redis(server, "CLIENT", "LIST").split(separator: "\n")
        return Set(lines.filter { $0.contains(" name=tally") }.compactMap { $0.split(separator: " ").first })
    }

    private func changeTwice(_ system: ReplicatedSystem) async throws {
        let (first, second) = (system.primary, system.replica)
        let before = try await self.clients(first)
        #expect(before.count > 4)
        #expect(try await self.redis(second, "REPLICAOF", "NO", "ONE").hasPrefix("OK"))
        #expect(try await self.redis(first, "REPLICAOF", "127.0.0.1", "\(second.port)").hasPrefix("OK"))
        try await eventually("no connection stays with the demoted server", within: .seconds(60)) {
            try await self.clients(first).isDisjoint(with: before)
        }
        #expect(try await self.redis(first, "REPLICAOF", "NO", "ONE").hasPrefix("OK"))
        #expect(try await self.redis(second, "REPLICAOF", "127.0.0.1", "\(first.port)").hasPrefix("OK"))
        try await eventually("money is kept again", within: .seconds(60)) {
            try await Self.ask(Self.json + ["-d", #"{"amount":1}"#, "\(system.url)/users/carol/add"]) == ["200 "]
        }
    }

    @Test func `a change of primary under load is told as 503 with a time to wait, and never as a fault of ours`()
        async throws
    {
        let environment = ["TALLY_PAYMENTS_STEPS": "split", "TALLY_PAYMENTS_LEASE_SECONDS": "1"]
        try await ReplicatedSystem.with(environment) { system in
            let campaign = try await CouponCaller(system.url).create(1_000_000)
            let end = End()
            var counts: [String: Int] = [:]
            try await withThrowingTaskGroup(of: [String].self) { group in
                for request in Self.requests(system.url, campaign: campaign) {
                    group.addTask {
                        var answers: [String] = []
                        while !end.hasCome.withLock(\.self) { answers += try await Self.ask(request) }
                        return answers
                    }
                }
                defer { end.hasCome.withLock { $0 = true } }
                try await self.changeTwice(system)
                end.hasCome.withLock { $0 = true }
                for try await answers in group { for answer in answers { counts[answer, default: 0] += 1 } }
            }
            try system.demandLife()
            let refused = counts.filter { $0.key.hasPrefix("503 ") }
            #expect(refused.values.reduce(0, +) > 0, "nobody noticed: the test has proved nothing: \(counts)")
            #expect(counts.keys.allSatisfy { $0.contains(#/^20\d |^503 (?:\d+|call)$/#) }, "\(counts)")
        }
    }
}
