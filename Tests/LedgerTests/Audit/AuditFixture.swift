import AuditSupport
import Coordination
import Evidence
import Ledger
import NIOCore
import RESP
import Redis

/// A database of its own on one real Redis, with a ledger that a script of the tests writes in the documented form.
struct AuditFixture: Sendable {
    private static let server = SharedRedis(databases: 500)

    let redis: RedisNode

    static func with(_ body: @Sendable @escaping (AuditFixture) async throws -> Void) async throws {
        try await Self.server.withDatabase { try await body(AuditFixture(redis: $0)) }
    }

    /// The report of an audit of this currency, or of all.
    func audit(_ currency: Currency? = nil) async throws -> LedgerAudit.Report {
        try await LedgerAudit(redis: self.redis, currency: currency).run()
    }

    @discardableResult
    func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.redis.send(RedisCommand(name, arguments))
    }

    // MARK: Writing

    /// Adds once, correctly; `created` is Redis's time when it is not given.
    func add(
        _ account: Account,
        _ amount: Int,
        reference: String = "-",
        operation: String = "-",
        created: Int? = nil
    ) async throws {
        let reply = try await self.redis.run(
            RedisScriptCall(
                Self.writer,
                keys: [
                    LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.references(account),
                    LedgerKeys.world(account.shard, account.currency),
                ],
                arguments: [
                    .text(account.id), .text(account.user.text), .integer(amount), .text(reference), .text(operation),
                    .text(created.map(String.init) ?? ""),
                ]
            )
        )
        guard reply.integerValue != nil else { throw RedisError.outcomeUnknown(.malformedReply) }
    }

    private static let writer = RedisScript("test_writer", source: Array(source.utf8))
    private static let source = """
        local id, user, amount, reference, operation = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
        local time = redis.call("TIME")
        local now = ARGV[6] ~= "" and ARGV[6] or string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
        local head = redis.call("HMGET", KEYS[1], "chain", "updated")
        if head[2] and tonumber(head[2]) > tonumber(now) then now = head[2] end
        local token = redis.call("HINCRBY", KEYS[1], "token", 1)
        local sequence = redis.call("HINCRBY", KEYS[1], "sequence", 1)
        local balance = redis.call("HINCRBY", KEYS[1], "balance", amount)
        redis.call("HINCRBY", KEYS[4], "balance", -amount)
        redis.call("HINCRBY", KEYS[4], "entries", 1)
        local word = reference == "-" and "-" or "=" .. reference
        local total = string.format("%.0f", balance)
        local body = table.concat({sequence, operation, token, amount, total, "add", now, word}, " ")
        local chain = redis.sha1hex((head[1] or id) .. " " .. body)
        redis.call("RPUSH", KEYS[2], body .. " " .. chain)
        redis.call("HSET", KEYS[1], "chain", chain, "updated", now)
        if reference ~= "-" then
            redis.call("HSET", KEYS[3], reference, user .. "." .. (operation == "-" and sequence or operation))
        end
        return sequence
        """

    /// Users with some entries each, with references and operations among them.
    func fill(users: Int = 30, entries: Int = 8) async throws {
        for number in 0..<users {
            for entry in 0..<entries {
                try await self.add(
                    .named("user-\(number)"),
                    100 + entry,
                    reference: entry % 3 == 1 ? "ref-\(entry)" : "-",
                    operation: entry % 4 == 1 ? "01J\(number)Z\(entry)" : "-",
                    created: 1_700_000_000_000 + entry * 1000
                )
            }
        }
    }

    // MARK: Breaking

    /// Changes the words of one entry; with `isChained`, all chains from there on are made right again.
    func edit(
        _ account: Account,
        entry number: Int,
        isChained: Bool,
        _ change: (inout [String]) -> Void
    ) async throws {
        let key = LedgerKeys.entries(account)
        let entries = try await self.send("LRANGE", .key(key), 0, -1).array?.compactMap(\.string) ?? []
        var chain = account.id
        for (index, packed) in entries.enumerated() {
            var words = packed.split(separator: " ").map(String.init)
            if index == number - 1 { change(&words) }
            if isChained, index >= number - 1 {
                words[8] = Entry.chain(after: chain, body: words[0..<8].joined(separator: " "))
                if index == entries.count - 1 {
                    try await self.send("HSET", .key(LedgerKeys.account(account)), "chain", .text(words[8]))
                }
            }
            chain = words[8]
            try await self.send("LSET", .key(key), .integer(index), .text(words.joined(separator: " ")))
        }
    }
}

extension Account {
    /// For names that are right.
    static func named(_ user: String, _ currency: Currency = .usd) -> Account {
        guard let user = UserID(user) else { preconditionFailure("\(user) is no user") }
        return Account(user, currency)
    }
}

/// A Redis that cannot be reached.
struct DeadRedis: RedisClient {
    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        throw .notSent(.unreachable)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        commands.map { _ in .failure(.notSent(.unreachable)) }
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        throw .notSent(.unreachable)
    }
}
