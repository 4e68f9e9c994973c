import RESP
package import Redis

extension RedisNode {
    /// Runs `body`, and puts everything in the database back to what it was.
    package func undoing(_ body: () async throws -> Void) async throws {
        func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
            try await self.send(RedisCommand(name, arguments), within: nil)
        }
        let keys = (try await send("KEYS", "*").array ?? []).compactMap(\.string)
        var dumps: [(key: String, left: Int64, bytes: RESPValue)] = []
        for key in keys {
            let left = try await send("PTTL", .key(key)).integerValue ?? -1
            dumps.append((key, left, try await send("DUMP", .key(key))))
        }
        try await body()
        _ = try await send("FLUSHDB")
        for dump in dumps {
            guard case .bulk(let bytes) = dump.bytes else { continue }
            _ = try await send("RESTORE", .key(dump.key), .integer(Int(max(0, dump.left))), .bytes(bytes))
        }
    }
}
