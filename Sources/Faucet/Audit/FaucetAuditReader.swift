import Coordination
import Ethereum
import EthereumRPC
import RESP
import Redis
import Timing

/// Reads Redis for an audit, in bites of some milliseconds at most, so that nobody else has to wait.
///
/// Everything here only reads, so what failed is tried again whatever became of it.
struct FaucetAuditReader: Sendable {
    /// How many records are asked for at once.
    static let batchLimit = 200
    private static let sliceLimit = 1000
    private static let tries = 3
    private static let deadline = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)

    private let redis: any RedisClient

    init(_ redis: any RedisClient) {
        self.redis = redis
    }

    /// The era that is; `nil` when none has begun.
    func era() async throws(FaucetAuditError) -> Era? {
        let command = RedisCommand("HMGET", .key(FaucetKeys.era), "number", "chain_id", "genesis")
        let words = (try await self.send(command).array ?? []).map { $0.string ?? "" }
        guard words.count == 3 else { throw .malformedReply(command: command.name) }
        guard !words[0].isEmpty else { return nil }
        guard let number = Int64(words[0]), let id = UInt64(words[1]), let genesis = Hash32(hex: words[2]) else {
            throw .malformedReply(command: command.name)
        }
        return Era(number: number, chain: ChainIdentity(id: id, genesis: genesis))
    }

    func time() async throws(FaucetAuditError) -> ServerTime {
        guard let time = ServerTime(timeReply: try await self.send(RedisCommand("TIME"))) else {
            throw .malformedReply(command: "TIME")
        }
        return time
    }

    /// All keys of the faucet, page by page; some may come twice.
    ///
    /// What is there from the first page to the last one is found for certain.
    func scan(_ body: ([String]) -> Void) async throws(FaucetAuditError) {
        var cursor = "0"
        repeat {
            let command = RedisCommand(
                "SCAN",
                .text(cursor),
                "MATCH",
                .text(FaucetAuditKey.pattern),
                "COUNT",
                .integer(Self.sliceLimit)
            )
            guard let parts = try await self.send(command).array, parts.count == 2, let next = parts[0].string,
                let items = parts[1].array
            else { throw .malformedReply(command: command.name) }
            cursor = next
            body(items.compactMap(\.string))
        } while cursor != "0"
    }

    /// Distributions of a lane by their nonces, from one on.
    ///
    /// What is there from the first slice to the last one is found for certain. `nil` when the key is no sorted set.
    func members(
        _ key: String,
        from first: UInt64 = 0,
        to last: UInt64? = nil
    ) async throws(FaucetAuditError) -> [(id: String, nonce: UInt64)]? {
        var members: [(id: String, nonce: UInt64)] = []
        var seen: Set<String> = []
        var low = first
        while true {
            let command = RedisCommand(
                "ZRANGE",
                .key(key),
                .text(String(low)),
                .text(last.map { String($0) } ?? "+inf"),
                "BYSCORE",
                "LIMIT",
                0,
                .integer(Self.sliceLimit),
                "WITHSCORES"
            )
            let reply: RESPValue
            do { reply = try await self.send(command) } catch {
                guard case .unreadable(.refused(let refusal)) = error, refusal.kind == .wrongType else { throw error }
                return nil
            }
            let words = (reply.array ?? []).map { $0.string ?? "" }
            var highest = low
            for index in stride(from: 0, to: words.count - 1, by: 2) {
                let nonce = UInt64(words[index + 1]) ?? .max
                highest = max(highest, nonce)
                if seen.insert(words[index]).inserted { members.append((words[index], nonce)) }
            }
            guard words.count == 2 * Self.sliceLimit else { return members }
            // The last nonce once more, since two could have it, but never the same slice for ever.
            low = highest > low ? highest : low + 1
        }
    }

    /// These records, each batch of one instant, in their order.
    func records(_ ids: [String]) async throws(FaucetAuditError) -> [AuditedRecord] {
        var records: [AuditedRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.batchLimit) {
            let batch = ids[start..<min(start + Self.batchLimit, ids.count)]
            let call = RedisScriptCall(
                .auditRecords,
                keys: [FaucetKeys.open, FaucetKeys.bound] + batch.map(FaucetKeys.distribution),
                arguments: AuditedRecord.fields.map { .text($0) }
            )
            let reply = try await self.attempt { () throws(RedisError) in
                try await self.redis.run(call, within: Self.deadline)
            }
            guard let parts = reply.array, parts.count == 1 + batch.count else {
                throw .malformedReply(command: call.script.name)
            }
            for (id, part) in zip(batch, parts.dropFirst()) {
                guard let record = AuditedRecord(id, part) else { throw .malformedReply(command: call.script.name) }
                records.append(record)
            }
        }
        return records
    }

    func send(_ command: RedisCommand) async throws(FaucetAuditError) -> RESPValue {
        try await self.attempt { () throws(RedisError) in
            try await self.redis.send(command, within: Self.deadline)
        }
    }

    private func attempt(
        _ body: () async throws(RedisError) -> RESPValue
    ) async throws(FaucetAuditError) -> RESPValue {
        var left = Self.tries
        while true {
            left -= 1
            do { return try await body() } catch {
                if case .refused = error { throw .unreadable(error) }
                guard left > 0 else { throw .unreadable(error) }
                // Only cancellation ends a sleep early.
                do { try await Task.sleep(for: Self.pause, clock: .loop) } catch {
                    throw .unreadable(.notSent(.cancelled))
                }
            }
        }
    }
}

extension RedisScript {
    fileprivate static let auditRecords = RedisScript(
        "faucet_audit_records",
        source: PackageResources.faucet_audit_records_lua
    )
}
