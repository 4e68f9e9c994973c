package import Coordination
package import RESP
package import Redis
import Timing

/// Reads Redis for an audit, in bites of some milliseconds at most, so that nobody else has to wait.
///
/// Everything here only reads, so what failed is tried again whatever became of it: three tries of 5 s each, 200 ms
/// apart. A refusal of Redis is not tried again.
package struct StoreReader: Sendable {
    private static let scanCount = 1000
    private static let pairCount = 500
    private static let tries = 3
    private static let deadline = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)

    private let redis: any RedisClient

    package init(_ redis: any RedisClient) {
        self.redis = redis
    }

    // MARK: Pages

    /// All keys that match, page by page; some may come twice.
    ///
    /// A key that is there from the first page to the last one is found for certain.
    package func scan(_ pattern: String, _ body: ([String]) -> Void) async throws(AuditError) {
        try await self.pages("SCAN", [], ["MATCH", .text(pattern), "COUNT", .integer(Self.scanCount)]) { items in
            body(items.compactMap(\.string))
            return true
        }
    }

    /// All fields of a hash with their values, until `body` says that it has seen enough; some may come twice.
    package func fields(_ key: String, _ body: (String, String) -> Bool) async throws(AuditError) {
        try await self.pairs("HSCAN", key, body)
    }

    /// All members of a sorted set, page by page; some may come twice.
    ///
    /// A member that is there from the first page to the last one is found for certain.
    package func members(_ key: String, _ body: (String) -> Void) async throws(AuditError) {
        try await self.pairs("ZSCAN", key) { member, _ in
            body(member)
            return true
        }
    }

    private func pairs(_ name: String, _ key: String, _ body: (String, String) -> Bool) async throws(AuditError) {
        try await self.pages(name, [.key(key)], ["COUNT", .integer(Self.pairCount)]) { items in
            let words = items.map { $0.string ?? "" }
            return stride(from: 0, to: words.count - 1, by: 2).allSatisfy { body(words[$0], words[$0 + 1]) }
        }
    }

    /// Ends early when `body` returns `false`.
    private func pages(
        _ name: String,
        _ key: [RedisArgument],
        _ options: [RedisArgument],
        _ body: ([RESPValue]) -> Bool
    ) async throws(AuditError) {
        var cursor = "0"
        repeat {
            let page = try await self.send(RedisCommand(name, key + [.text(cursor)] + options)) { reply in
                reply.array.flatMap { parts -> (cursor: String, items: [RESPValue])? in
                    guard parts.count == 2, let next = parts[0].string, let items = parts[1].array else { return nil }
                    return (next, items)
                }
            }
            cursor = page.cursor
            guard body(page.items) else { return }
        } while cursor != "0"
    }

    // MARK: Commands

    package func time() async throws(AuditError) -> ServerTime {
        try await self.send(RedisCommand("TIME"), ServerTime.init(timeReply:))
    }

    package func send(_ command: RedisCommand) async throws(AuditError) -> RESPValue {
        try await self.attempt { redis, deadline throws(RedisError) in
            try await redis.send(command, within: deadline)
        }
    }

    /// `read` returns `nil` for an answer that the command never gets.
    package func send<Answer>(
        _ command: RedisCommand,
        _ read: (RESPValue) -> Answer?
    ) async throws(AuditError) -> Answer {
        guard let answer = read(try await self.send(command)) else { throw .malformedReply(command: command.name) }
        return answer
    }

    /// `read` returns `nil` for an answer that the script never gives.
    package func run<Answer>(
        _ call: RedisScriptCall,
        _ read: (RESPValue) -> Answer?
    ) async throws(AuditError) -> Answer {
        let reply = try await self.attempt { redis, deadline throws(RedisError) in
            try await redis.run(call, within: deadline)
        }
        guard let answer = read(reply) else { throw .malformedReply(command: call.script.name) }
        return answer
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

    /// Tries a read of one's own as often as every other one.
    package func attempt<Reply: Sendable>(
        _ body: (any RedisClient, Duration) async throws(RedisError) -> Reply
    ) async throws(AuditError) -> Reply {
        var left = Self.tries
        while true {
            left -= 1
            do { return try await body(self.redis, Self.deadline) } catch {
                if case .refused = error { throw .unreadable(error) }
                guard left > 0 else { throw .unreadable(error) }
                try await Self.wait(Self.pause)
            }
        }
    }

    /// Waits between two looks; ends early only by cancellation, with an error.
    package static func wait(_ pause: Duration) async throws(AuditError) {
        do { try await Task.sleep(for: pause, clock: .loop) } catch { throw .unreadable(.notSent(.cancelled)) }
    }
}
