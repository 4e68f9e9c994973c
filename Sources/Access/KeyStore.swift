package import Coordination
import Nettle
import RESP
package import Redis

/// The API keys in Redis, for those who hand them out; each change is an entry in the log of operators' actions.
package struct KeyStore: Sendable {
    /// Most keys there may be; a key that has ended counts for ``forgetting`` more.
    package static let limit = 10_000
    /// How long a key that has ended can still be listed.
    package static let forgetting = Duration.seconds(90 * 86_400)

    /// A key as it is listed.
    package struct Listed: Hashable, Sendable {
        package let record: APIKeyRecord
        /// When it was used last, within a minute; `nil` for never.
        package let used: ServerTime?
        package let isValid: Bool
    }

    private let redis: any RedisClient
    private let actor: String

    /// `actor` is who changes keys, for the log.
    package init(redis: any RedisClient, actor: String) {
        self.redis = redis
        self.actor = actor
    }

    /// Makes a key; its secret is in the answer and nowhere else.
    ///
    /// One round trip.
    package func create(_ order: APIKeyOrder) async throws(AccessError) -> (key: APIKey, expires: ServerTime?) {
        try await self.make(order, inPlaceOf: "", overlap: .zero)
    }

    /// Makes a key with the name and the scopes of another, which goes on for `overlap` and then ends.
    ///
    /// Two round trips.
    package func rotate(
        _ id: String,
        overlap: Duration,
        life: Duration?
    ) async throws(AccessError) -> (key: APIKey, expires: ServerTime?) {
        guard let old = try await self.list().first(where: { $0.record.id == id }) else { throw .unknown }
        let order = try APIKeyOrder(name: old.record.name, scopes: Array(old.record.scopes), life: life)
        return try await self.make(order, inPlaceOf: id, overlap: overlap)
    }

    private func make(
        _ order: APIKeyOrder,
        inPlaceOf old: String,
        overlap: Duration
    ) async throws(AccessError) -> (key: APIKey, expires: ServerTime?) {
        var generator = SystemRandomNumberGenerator()
        let key = APIKey(using: &generator)
        let scopes = order.scopes.joined(separator: ",")
        let action = AdminLog.Action(
            actor: self.actor,
            name: old.isEmpty ? "keys.create" : "keys.rotate",
            object: old.isEmpty ? "\(key.id) \(order.name)" : "\(old) \(key.id) \(order.name)"
        )
        let arguments: [RedisArgument] = [
            .text(key.id), .text(Nettle.hexadecimal(key.digest)), .integer(Self.milliseconds(order.life ?? .zero)),
            .integer(Self.limit), .integer(Self.milliseconds(Self.forgetting)), .text(order.name), .text(scopes),
            .text(old), .integer(Self.milliseconds(overlap)),
        ]
        let words = try await self.run(.keysCreate, arguments, action.fields(outcome: "done", detail: scopes))
        switch words.first {
        case "ok":
            guard words.count == 3, let expires = Int64(words[2]) else {
                throw .store(.outcomeUnknown(.deadlineExceeded))
            }
            return (key, expires == 0 ? nil : ServerTime(milliseconds: expires))
        case "unknown": throw .unknown
        case "ended": throw .ended
        default: throw .tooMany
        }
    }

    /// Ends a key after a while; returns when it ends, which is never later than before.
    ///
    /// Instances know within a second. One round trip.
    package func revoke(_ id: String, after: Duration) async throws(AccessError) -> ServerTime {
        let action = AdminLog.Action(actor: self.actor, name: "keys.revoke", object: id)
        let words = try await self.run(
            .keysEnd,
            [.text(id), .integer(Self.milliseconds(after))],
            action.fields(outcome: "done")
        )
        guard words.first == "ok", words.count == 2, let expires = Int64(words[1]) else { throw .unknown }
        return ServerTime(milliseconds: expires)
    }

    /// All keys, oldest first.
    ///
    /// One round trip.
    package func list() async throws(AccessError) -> [Listed] {
        let replies = await self.redis.send(
            [
                RedisCommand("HGETALL", .key(AccessKeys.keys)), RedisCommand("HGETALL", .key(AccessKeys.used)),
                RedisCommand("TIME"),
            ],
            within: nil
        )
        do throws(RedisError) {
            let used = Dictionary(Self.pairs(try replies[1].get()), uniquingKeysWith: { $1 })
            let now = ServerTime(timeReply: try replies[2].get())
            return Self.pairs(try replies[0].get()).compactMap { APIKeyRecord(id: $0.0, record: $0.1) }.map { record in
                Listed(
                    record: record,
                    used: used[record.id].flatMap { Int64($0) }.map { ServerTime(milliseconds: $0) },
                    isValid: now.map { record.isValid(at: $0) } ?? false
                )
            }.sorted { ($0.record.created, $0.record.id) < ($1.record.created, $1.record.id) }
        } catch { throw .store(error) }
    }

    private func run(
        _ script: RedisScript,
        _ arguments: [RedisArgument],
        _ fields: [String]
    ) async throws(AccessError) -> [String] {
        let call = RedisScriptCall(
            script,
            keys: [AccessKeys.keys, AccessKeys.revision, AdminKeys.log, AdminKeys.head],
            arguments: arguments + fields.map { .text($0) }
        )
        do throws(RedisError) {
            return (try await self.redis.run(call, within: nil).array ?? []).map { $0.string ?? "" }
        } catch { throw .store(error) }
    }

    static func pairs(_ reply: RESPValue) -> [(String, String)] {
        let words = (reply.array ?? []).map { $0.string ?? "" }
        return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}

extension RedisScript {
    fileprivate static let keysCreate = RedisScript(
        "keys_create",
        source: LuaLibrary.adminLog + PackageResources.keys_create_lua
    )
    fileprivate static let keysEnd = RedisScript(
        "keys_end",
        source: LuaLibrary.adminLog + PackageResources.keys_end_lua
    )
}
