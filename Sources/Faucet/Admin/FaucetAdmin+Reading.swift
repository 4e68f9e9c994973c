import Coordination
package import Ethereum
import EthereumRPC
import RESP
import Redis

extension FaucetAdmin {
    // MARK: Status

    /// Every sender's lane as it stands.
    ///
    /// Three round trips, whatever there is.
    package func status() async throws(FaucetError) -> FaucetStatus {
        let (era, senders) = try await self.senders()
        var commands = [
            RedisCommand("TIME"), RedisCommand("HMGET", .key(FaucetKeys.day), "day", "count"),
            RedisCommand("GET", .key(FaucetKeys.chainTrouble)),
        ]
        let names = senders.map { LaneName(era: era?.number ?? 0, sender: $0) }
        for name in names { commands += Self.commands(name) }
        let replies = try await self.send(commands)
        guard let time = ServerTime(timeReply: replies[0]) else { throw .storeInconsistent }
        let day = (replies[1].array ?? []).map { $0.integerValue ?? 0 }
        let isToday = day.count == 2 && day[0] == time.milliseconds / 86_400_000
        let size = Self.commandCount
        let parts = names.indices.map { Array(replies[(3 + $0 * size)..<(3 + ($0 + 1) * size)]) }
        let firsts = parts.map { $0[3].array?.first?.string }
        let created = try await self.send(
            firsts.map { RedisCommand("HGET", .key(FaucetKeys.distribution($0 ?? "none")), "created") }
        )
        let lanes = names.indices.map { index in
            let age = created[index].integerValue.map { Duration.milliseconds(max(0, time.milliseconds - $0)) }
            return Self.lane(names[index].sender, parts[index], oldest: age, at: time)
        }
        return FaucetStatus(
            time: time,
            era: era,
            today: isToday ? Int(day[1]) : 0,
            chainTrouble: replies[2].string,
            lanes: lanes
        )
    }

    private static let commandCount = 6
    private static let laneFields = [
        "balance", "chain_nonce", "limit", "head", "head_ms", "fee", "window", "replaying",
    ]

    private static func commands(_ name: LaneName) -> [RedisCommand] {
        let lane = Self.laneFields + LaneSight.fields
        return [
            RedisCommand("HMGET", [.key(FaucetKeys.lane(name))] + lane.map { .text($0) }),
            RedisCommand("GET", .key(FaucetKeys.nonce(name))),
            RedisCommand("ZCARD", .key(FaucetKeys.open(name))),
            RedisCommand("ZRANGE", .key(FaucetKeys.open(name)), 0, 0),
            RedisCommand("HGET", .key(FaucetKeys.lease(name.sender)), "owner"),
            RedisCommand("PTTL", .key(FaucetKeys.lease(name.sender))),
        ]
    }

    private static func lane(
        _ sender: Address,
        _ replies: [RESPValue],
        oldest: Duration?,
        at time: ServerTime
    ) -> FaucetStatus.Lane {
        let fields = (replies[0].array ?? []).map(\.string)
        let count = Self.laneFields.count + LaneSight.fields.count
        let lane = fields.count == count ? fields : Array(repeating: nil, count: count)
        let sight = LaneSight(Array(lane.dropFirst(Self.laneFields.count)))
        let open = Int(replies[2].integerValue ?? 0)
        func number(_ text: String?) -> UInt64? { text.flatMap { UInt64($0) } }
        let left = max(0, replies[5].integerValue ?? 0)
        return FaucetStatus.Lane(
            sender: sender,
            balance: lane[0].flatMap { Wei(decimal: $0) },
            chainNonce: number(lane[1]),
            counter: number(replies[1].string),
            limit: number(lane[2]),
            open: open,
            oldest: oldest,
            isPaused: sight.isPaused,
            // A lane that could not do something reports it even when no distribution waits for it.
            waiting: open > 0 ? sight.waiting(at: time) : sight.waiting,
            head: number(lane[3]),
            headSince: lane[4].flatMap { Int64($0) }.map { ServerTime(milliseconds: $0) },
            window: lane[6].flatMap { Int($0) },
            replaying: lane[7].flatMap { Int($0) } ?? 0,
            fee: lane[5] ?? "",
            seen: sight.seen,
            holder: replies[4].string.map { .init(owner: $0, left: .milliseconds(left)) }
        )
    }

    // MARK: Open ones

    /// A distribution that is not over.
    package struct OpenItem: Hashable, Sendable {
        package let id: String
        package let sender: Address
        package let nonce: UInt64
        package let state: Distribution.State
        /// Its newest transaction; `nil` before it is signed.
        package let hash: Hash32?
        package let age: Duration
        package let isCancelled: Bool
        /// The distribution's own obstacle; empty when none is known.
        package let detail: String
    }

    /// The first distributions that are not over, by nonce; of each sender, or of one.
    ///
    /// Two round trips.
    package func open(of sender: Address? = nil, limit: Int) async throws(FaucetError) -> [OpenItem] {
        let (era, senders) = try await self.senders()
        let fields: [RedisArgument] = ["nonce", "state", "hash", "created", "cancelled", "waiting_detail"]
        var items: [OpenItem] = []
        for sender in senders.filter({ $0 == sender ?? $0 }) {
            let call = RedisScriptCall(
                .faucetTake,
                keys: [
                    FaucetKeys.open(LaneName(era: era?.number ?? 0, sender: sender)), FaucetKeys.distributions,
                ],
                arguments: ["0", .integer(limit)] + fields
            )
            let time = ServerTime(timeReply: try await self.send(RedisCommand("TIME")))
            let reply: RESPValue
            do { reply = try await self.redis.run(call) } catch { throw FaucetError(error) }
            for record in reply.array ?? [] {
                guard let item = Self.item(sender, record.array ?? [], at: time) else { throw .storeInconsistent }
                items.append(item)
            }
        }
        return items
    }

    private static func item(_ sender: Address, _ values: [RESPValue], at time: ServerTime?) -> OpenItem? {
        guard values.count == 7, let id = values[0].string, let nonce = values[1].string.flatMap({ UInt64($0) }),
            let state = values[2].string.flatMap(Distribution.State.init), let time,
            let created = values[4].integerValue
        else { return nil }
        return OpenItem(
            id: id,
            sender: sender,
            nonce: nonce,
            state: state,
            hash: values[3].string.flatMap { Hash32(hex: $0) },
            age: .milliseconds(max(0, time.milliseconds - created)),
            isCancelled: values[5].string == "1",
            detail: values[6].string ?? ""
        )
    }
}
