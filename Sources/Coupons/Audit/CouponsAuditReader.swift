import RESP
import Redis
import Timing

/// Reads Redis for an audit, in bites of some milliseconds at most, so that nobody else has to wait.
///
/// Everything here only reads, so what failed is tried again whatever became of it.
struct CouponsAuditReader: Sendable {
    /// How much is asked for at once.
    static let sliceLimit = 1000
    private static let tries = 3
    private static let deadline = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)

    private let redis: any RedisClient

    init(_ redis: any RedisClient) {
        self.redis = redis
    }

    /// The id of the newest campaign; 0 before the first.
    func newest() async throws(CouponsAuditError) -> Int64 {
        let command = RedisCommand("GET", .key(CouponKeys.campaigns))
        let reply = try await self.send(command)
        guard reply != .null else { return 0 }
        guard let number = reply.integerValue else { throw .malformedReply(command: command.name) }
        return number
    }

    /// The code keys' fingerprints by version, and the key that lies in Redis.
    func keys() async throws(CouponsAuditError) -> (fingerprints: [String: String], secret: String?) {
        let pairs = try await self.fields(CouponKeys.codeKeys)
        let secret = try await self.send(RedisCommand("HGET", .key(CouponKeys.secrets), "0")).string
        return (Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }, secret)
    }

    private func fields(_ key: String) async throws(CouponsAuditError) -> [(name: String, value: String)] {
        try Self.pairs(try await self.send(RedisCommand("HGETALL", .key(key))))
    }

    private static func pairs(_ reply: RESPValue) throws(CouponsAuditError) -> [(name: String, value: String)] {
        guard let words = reply.array?.map({ $0.string ?? "" }), words.count.isMultiple(of: 2) else {
            throw .malformedReply(command: "HGETALL")
        }
        return stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
    }

    /// Where a campaign, or a part of one, stands.
    func cut(_ place: CampaignPlace) async throws(CouponsAuditError) -> PlaceCut {
        let call = RedisScriptCall(
            .couponsAuditCut,
            keys: PlaceCut.keys(of: place),
            arguments: AuditedRecord.fields.map { .text($0) }
        )
        let reply = try await self.attempt { () throws(RedisError) in
            try await self.redis.run(call, within: Self.deadline)
        }
        guard let cut = PlaceCut(place, reply) else { throw .malformedReply(command: call.script.name) }
        return cut
    }

    /// Entries of a log behind a position up to another one, the first of them.
    func entries(
        _ place: CampaignPlace,
        after first: LogPosition,
        to last: LogPosition
    ) async throws(CouponsAuditError) -> [AuditedEntry] {
        let command = RedisCommand(
            "XRANGE",
            .key(CouponKeys.log(place)),
            .text("(\(first)"),
            .text("\(last)"),
            "COUNT",
            .integer(Self.sliceLimit)
        )
        guard let replies = try await self.send(command).array else { throw .malformedReply(command: command.name) }
        var entries: [AuditedEntry] = []
        entries.reserveCapacity(replies.count)
        for reply in replies {
            guard let entry = AuditedEntry(reply) else { throw .malformedReply(command: command.name) }
            entries.append(entry)
        }
        return entries
    }

    /// Values of fields of a hash, in their order; `nil` for what is not there.
    func values(_ key: String, _ fields: [String]) async throws(CouponsAuditError) -> [String?] {
        var values: [String?] = []
        for start in stride(from: 0, to: fields.count, by: Self.sliceLimit) {
            let slice = fields[start..<min(start + Self.sliceLimit, fields.count)]
            let command = RedisCommand("HMGET", [.key(key)] + slice.map { .text($0) })
            guard let replies = try await self.send(command).array, replies.count == slice.count else {
                throw .malformedReply(command: command.name)
            }
            values += replies.map(\.string)
        }
        return values
    }

    /// Fields of a hash that `isKnown` does not know, the first of them by no order.
    func strays(_ key: String, _ isKnown: (String) -> Bool) async throws(CouponsAuditError) -> [String] {
        var strays: [String] = []
        try await self.scan("HSCAN", [.key(key)]) { words in
            for index in stride(from: 0, to: words.count, by: 2) where !isKnown(words[index]) {
                strays.append(words[index])
            }
            return strays.count < 3
        }
        return Array(strays.prefix(3))
    }

    /// All keys of campaigns, page by page; some may come twice.
    ///
    /// What is there from the first page to the last one is found for certain.
    func scan(_ body: ([String]) -> Void) async throws(CouponsAuditError) {
        try await self.scan("SCAN", [], match: CouponsAuditKey.pattern) { names in
            body(names)
            return true
        }
    }

    private func scan(
        _ name: String,
        _ key: [RedisArgument],
        match: String? = nil,
        _ body: ([String]) -> Bool
    ) async throws(CouponsAuditError) {
        let pattern = match.map { [RedisArgument.text("MATCH"), .text($0)] } ?? []
        var cursor = "0"
        repeat {
            let command = RedisCommand(name, key + [.text(cursor)] + pattern + ["COUNT", .integer(Self.sliceLimit)])
            guard let parts = try await self.send(command).array, parts.count == 2, let next = parts[0].string,
                let items = parts[1].array
            else { throw .malformedReply(command: name) }
            cursor = next
            guard body(items.map { $0.string ?? "" }) else { return }
        } while cursor != "0"
    }

    /// A leased campaign with its loans, and the records of its parts; `nil` when the campaign changed meanwhile.
    ///
    /// All in one write. Of a missing part there is no record.
    func lease(_ id: CampaignID) async throws(CouponsAuditError) -> Lease? {
        let fields = AuditedRecord.fields.map { RedisArgument.text($0) }
        let root = RedisCommand("HMGET", [.key(CouponKeys.campaign(id.root))] + fields)
        let loans = RedisCommand("HGETALL", .key(CouponKeys.loans(id)))
        let parts = id.parts.map { RedisCommand("HMGET", [.key(CouponKeys.campaign($0))] + fields) }
        let replies = try await self.send([root, loans] + parts + [root, loans])
        guard replies.count == parts.count + 4, replies.prefix(2) == replies.suffix(2) else { return nil }
        let values = replies.map { $0.array ?? [] }
        return Lease(
            record: AuditedRecord(id.root, values[0]),
            loans: LeaseCheck.Loans(try Self.pairs(replies[1])),
            parts: zip(id.parts, values.dropFirst(2)).map { AuditedRecord($0, $1) }
        )
    }

    struct Lease: Sendable {
        let record: AuditedRecord?
        let loans: LeaseCheck.Loans
        let parts: [AuditedRecord?]
    }

    private func send(_ command: RedisCommand) async throws(CouponsAuditError) -> RESPValue {
        try await self.attempt { () throws(RedisError) in
            try await self.redis.send(command, within: Self.deadline)
        }
    }

    private func send(_ commands: [RedisCommand]) async throws(CouponsAuditError) -> [RESPValue] {
        try await self.attempt { () throws(RedisError) in
            var replies: [RESPValue] = []
            for result in await self.redis.send(commands, within: Self.deadline) { replies.append(try result.get()) }
            return replies
        }
    }

    private func attempt<Reply: Sendable>(
        _ body: () async throws(RedisError) -> Reply
    ) async throws(CouponsAuditError) -> Reply {
        var left = Self.tries
        while true {
            left -= 1
            do { return try await body() } catch {
                if case .refused = error { throw .unreadable(error) }
                guard left > 0 else { throw .unreadable(error) }
                try await Self.wait(Self.pause)
            }
        }
    }

    /// Only cancellation ends it early.
    static func wait(_ pause: Duration) async throws(CouponsAuditError) {
        do { try await Task.sleep(for: pause, clock: .loop) } catch { throw .unreadable(.notSent(.cancelled)) }
    }
}

extension RedisScript {
    fileprivate static let couponsAuditCut = RedisScript(
        "coupons_audit_cut",
        source: PackageResources.coupons_audit_cut_lua
    )
}
