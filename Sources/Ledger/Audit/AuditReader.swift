package import Coordination
package import NIOCore
package import RESP
package import Redis
import Timing

/// Reads Redis for an audit, in bites of some milliseconds at most, so that nobody else has to wait.
///
/// Everything here only reads, so what failed is tried again whatever became of it.
package struct AuditReader: Sendable {
    /// How many entries, references or keys are asked for at once.
    package static let sliceLimit = 500
    private static let scanCount = 1000
    private static let tries = 3
    private static let deadline = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)

    private let redis: any RedisClient

    package init(_ redis: any RedisClient) {
        self.redis = redis
    }

    // MARK: Keys

    /// All keys that match, page by page; some may come twice.
    ///
    /// What is there from the first page to the last one is found for certain.
    package func scan(_ pattern: String, _ body: ([ByteBuffer]) -> Void) async throws(AuditError) {
        var cursor = "0"
        repeat {
            let command = RedisCommand(
                "SCAN",
                .text(cursor),
                "MATCH",
                .text(pattern),
                "COUNT",
                .integer(Self.scanCount)
            )
            let page = try await self.page(command)
            cursor = page.cursor
            body(page.items)
        } while cursor != "0"
    }

    /// One page of a hash, as names and values in turn.
    func hashPage(_ key: String, cursor: String) async throws(AuditError) -> (cursor: String, items: [ByteBuffer]) {
        try await self.page(
            RedisCommand("HSCAN", .key(key), .text(cursor), "COUNT", .integer(Self.sliceLimit))
        )
    }

    /// All members of a sorted set, page by page; some may come twice.
    ///
    /// What is there from the first page to the last one is found for certain.
    package func members(_ key: String, _ body: (ByteBuffer) -> Void) async throws(AuditError) {
        var cursor = "0"
        repeat {
            let command = RedisCommand("ZSCAN", .key(key), .text(cursor), "COUNT", .integer(Self.sliceLimit))
            let page = try await self.page(command)
            cursor = page.cursor
            for index in stride(from: 0, to: page.items.count - 1, by: 2) { body(page.items[index]) }
        } while cursor != "0"
    }

    private func page(_ command: RedisCommand) async throws(AuditError) -> (cursor: String, items: [ByteBuffer]) {
        let reply = try await self.send(command)
        guard let parts = reply.array, parts.count == 2, let cursor = parts[0].string, let items = parts[1].array else {
            throw .malformedReply(command: command.name)
        }
        let bytes = items.compactMap { item -> ByteBuffer? in
            guard case .bulk(let bytes) = item else { return nil }
            return bytes
        }
        return (cursor, bytes)
    }

    // MARK: Accounts

    /// Accounts of one shard at one instant, with a slice of their entries.
    package func accounts(
        _ accounts: [Account],
        first: Int = 0,
        limit: Int = AuditReader.sliceLimit
    ) async throws(AuditError) -> (time: ServerTime, accounts: [AccountSnapshot]) {
        let call = RedisScriptCall(
            .auditAccounts,
            keys: accounts.flatMap { [LedgerKeys.account($0), LedgerKeys.entries($0), LedgerKeys.references($0)] },
            arguments: [.integer(first), .integer(limit)]
        )
        guard let answer = AccountSnapshot.read(try await self.run(call), count: accounts.count) else {
            throw .malformedReply(command: call.script.name)
        }
        return answer
    }

    /// What balances a shard, what Redis's clock says in the same step, and the balances of some accounts.
    package func cut(_ money: ShardMoney, with accounts: [Account] = []) async throws(AuditError) -> ShardCut {
        let keys = [money.worldKey, money.transitKey] + accounts.map { LedgerKeys.account($0) }
        let call = RedisScriptCall(.auditWorld, keys: keys)
        guard let cut = ShardCut(try await self.run(call), accounts) else {
            throw .malformedReply(command: call.script.name)
        }
        return cut
    }

    // MARK: Commands

    package func run(_ call: RedisScriptCall) async throws(AuditError) -> RESPValue {
        try await self.attempt { () throws(RedisError) in
            try await self.redis.run(call, within: Self.deadline)
        }
    }

    package func send(_ command: RedisCommand) async throws(AuditError) -> RESPValue {
        try await self.attempt { () throws(RedisError) in
            try await self.redis.send(command, within: Self.deadline)
        }
    }

    /// Sends commands together; the reply of a refused one is `nil`.
    package func send(_ commands: [RedisCommand]) async throws(AuditError) -> [RESPValue?] {
        var replies: [RESPValue?] = []
        let results = await self.redis.send(commands, within: Self.deadline)
        for (command, result) in zip(commands, results) {
            switch result {
            case .success(let value): replies.append(value)
            case .failure(.refused): replies.append(nil)
            case .failure: replies.append(try await self.send(command))
            }
        }
        return replies
    }

    private func attempt(
        _ body: () async throws(RedisError) -> RESPValue
    ) async throws(AuditError) -> RESPValue {
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
    fileprivate static let auditAccounts = RedisScript(
        "ledger_audit_accounts",
        source: PackageResources.ledger_audit_accounts_lua
    )
    fileprivate static let auditWorld = RedisScript(
        "ledger_audit_world",
        source: PackageResources.ledger_audit_world_lua
    )
}
