import Coordination
import Ethereum
import RESP
import Redis

/// A lane's scripts, each of which checks the lane's lease in its own step.
struct LaneStore: Sendable {
    let faucet: Faucet
    let era: Era
    let sender: Address
    let fence: Fence

    var name: LaneName { LaneName(era: self.era.number, sender: self.sender) }

    /// The reasons for which a lane stops.
    enum Failure: Error, Hashable, Sendable {
        /// Another process has the lane.
        case fenced
        /// The chain is another.
        case otherEra
        case store(FaucetError)
    }

    private var lease: String { FaucetKeys.lease(self.name.sender) }

    private func run(_ name: String, _ call: RedisScriptCall) async throws(Failure) -> [RESPValue] {
        let reply: RESPValue
        do { reply = try await self.faucet.step(name, call) } catch { throw .store(error) }
        guard let words = reply.array, let word = words.first?.string else { throw .store(.storeInconsistent) }
        switch word {
        case "fenced":
            LaneMetrics.fenced(name)
            throw .fenced
        case "era": throw .otherEra
        default: return words
        }
    }

    // MARK: Observing

    /// The lane's observation of the chain.
    struct Sight: Sendable {
        var nonce: UInt64
        /// Every nonce below is used, or waits in a node's pool.
        var floor: UInt64
        /// Transactions that the balance pays for.
        var affordable: UInt64
        /// The number of the newest block.
        var head: UInt64
    }

    /// The operator's wishes and the state of the nonces, which Redis answers to an observation.
    struct Orders: Sendable {
        /// The next nonce that will be given out; `nil` while there is no counter.
        let counter: UInt64?
        let openCount: Int
        /// The lowest nonce of an open item; `nil` without any.
        let lowestOpen: UInt64?
        /// How many nonces were skipped, because others have used them.
        let raised: UInt64
        let isPaused: Bool
        /// Changes when somebody wants everything sent again.
        let rebroadcast: String
        let cancels: [String]
        /// Distributions that have ended and whose nonces the chain takes next: it has lost them.
        let lost: Int
    }

    /// Writes down what was seen, and why the lane waits.
    ///
    /// One round trip.
    func observe(
        _ sight: Sight?,
        waiting: Waiting?,
        fields: [(String, String)] = []
    ) async throws(Failure) -> Orders {
        var arguments: [RedisArgument] = [
            self.fence.argument, .text(self.era.fence), .text(self.sender.lowercased),
            .text(sight.map { String($0.floor) } ?? ""), .text(String(sight?.affordable ?? 0)),
            .text(String(sight?.nonce ?? 0)), .text(waiting?.reason.rawValue ?? ""),
            .text(sight.map { String($0.head) } ?? ""),
        ]
        let more = [("detail", waiting?.detail ?? ""), ("said", waiting?.said ?? "")]
        for (name, value) in fields + more { arguments += [.text(name), .text(value)] }
        let words = try await self.run(
            "observe",
            RedisScriptCall(
                .faucetObserve,
                keys: [
                    self.lease, FaucetKeys.era, FaucetKeys.lane(self.name), FaucetKeys.nonce(self.name),
                    FaucetKeys.open(self.name), FaucetKeys.bound(self.name), FaucetKeys.senders,
                    FaucetKeys.cancels(self.name), FaucetKeys.distributions,
                ],
                arguments: arguments
            )
        )
        guard words.count == 9, let counter = words[1].integerValue, let open = words[2].integerValue else {
            throw .store(.storeInconsistent)
        }
        return Orders(
            counter: UInt64(exactly: counter),
            openCount: Int(open),
            lowestOpen: words[3].integerValue.flatMap { UInt64(exactly: $0) },
            raised: UInt64(clamping: words[4].integerValue ?? 0),
            isPaused: words[5].string != "",
            rebroadcast: words[6].string ?? "",
            cancels: (words[7].array ?? []).compactMap(\.string),
            lost: Int(clamping: words[8].integerValue ?? 0)
        )
    }

    // MARK: Items

    /// Open items from a nonce on, in order, and of another lane when it is named; with `isOver` those that have ended
    /// as well, as long as they are remembered.
    ///
    /// One round trip.
    func take(
        from nonce: UInt64,
        count: Int,
        of lane: LaneName? = nil,
        isOver: Bool = false
    ) async throws(Failure) -> [LaneItem] {
        let lane = lane ?? self.name
        let call = RedisScriptCall(
            .faucetTake,
            keys: [isOver ? FaucetKeys.bound(lane) : FaucetKeys.open(lane), FaucetKeys.distributions],
            arguments: [.text(String(nonce)), .integer(count)] + LaneItem.fields.map { .text($0) }
        )
        let reply: RESPValue
        do { reply = try await self.faucet.redis.run(call, within: nil) } catch { throw .store(FaucetError(error)) }
        var items: [LaneItem] = []
        for record in reply.array ?? [] {
            // A distribution that has ended may be forgotten before its place in the list is.
            if isOver, record.array?.dropFirst().allSatisfy({ $0 == .null }) ?? false { continue }
            guard let item = LaneItem(record.array ?? []) else { throw .store(.storeInconsistent) }
            items.append(item)
        }
        return items
    }

    /// How one distribution has come on.
    struct Step: Sendable {
        let item: LaneItem
        let expected: [Distribution.State]
        let state: Distribution.State
        var hash: Hash32?
        var block: UInt64?
        /// The field that gets the time.
        var stamp = ""
        /// Whether the coin is with its recipient.
        var isDelivered = false
        var fields: [(String, String)] = []
    }

    /// Writes steps down; returns for each whether its distribution was where it was expected.
    ///
    /// One round trip for a hundred of them.
    func advance(
        _ name: String,
        _ steps: [Step],
        in lane: LaneName? = nil
    ) async throws(Failure) -> [Bool] {
        var results: [Bool] = []
        for start in stride(from: 0, to: steps.count, by: 100) {
            let part = steps[start..<min(start + 100, steps.count)]
            var arguments: [RedisArgument] = [
                self.fence.argument, .integer(self.faucet.configuration.keepMilliseconds),
            ]
            for step in part { arguments += Self.arguments(step) }
            let call = RedisScriptCall(
                .faucetAdvance,
                keys: [self.lease, FaucetKeys.open(lane ?? self.name), FaucetKeys.events, FaucetKeys.distributions],
                arguments: arguments
            )
            results += try await self.run(name, call).dropFirst().map { $0.string == "done" }
        }
        guard results.count == steps.count else { throw .store(.storeInconsistent) }
        return results
    }

    private static func arguments(_ step: Step) -> [RedisArgument] {
        let expected = step.expected.map { "\($0.rawValue)," }.joined()
        var words = [
            step.item.id, String(step.item.nonce), ",\(expected)", step.state.rawValue, step.hash?.text ?? "",
            step.block.map { String($0) } ?? "", step.stamp, String(2 * step.fields.count),
        ]
        for (name, value) in step.fields { words += [name, value] }
        return words.map { .text($0) }
    }

    /// Gives an item another nonce of this lane; `nil` when it has one already, or is over.
    ///
    /// One round trip.
    func rebind(_ item: LaneItem, from lane: LaneName? = nil) async throws(Failure) -> UInt64? {
        let words = try await self.run(
            "rebind",
            RedisScriptCall(
                .faucetRebind,
                keys: [
                    self.lease, FaucetKeys.distribution(item.id), FaucetKeys.open(lane ?? self.name),
                    FaucetKeys.nonce(self.name), FaucetKeys.open(self.name), FaucetKeys.bound(self.name),
                    FaucetKeys.wakes, FaucetKeys.era,
                ],
                arguments: [
                    self.fence.argument, .text(item.id), .text(String(item.nonce)), .text(String(self.era.number)),
                    .text(self.sender.lowercased), .text(self.era.fence),
                ]
            )
        )
        if words.first?.string == "absent" { throw .store(.notReady) }
        return words.count == 2 ? words[1].string.flatMap { UInt64($0) } : nil
    }

    /// The occupant of a nonce that the chain takes next.
    enum Place: String, Sendable {
        /// An item that is open, or nothing, because the nonce was not given out yet.
        case taken
        /// An item that was over: its transaction is not in the chain any more.
        case again
        /// No item has it.
        case hole
        /// No item had it: now a transaction of nothing has.
        case new
    }

    /// Sees to it that a nonce has an open item; one of nothing only if it may be filled.
    ///
    /// One round trip.
    func place(_ nonce: UInt64, fills: Bool) async throws(Failure) -> Place {
        // Always the same name for the same hole, so that it is safe to repeat.
        let id = Self.fillerID(self.name.era, nonce)
        let words = try await self.run(
            "fill",
            RedisScriptCall(
                .faucetFill,
                keys: [
                    self.lease, FaucetKeys.distribution(id), FaucetKeys.open(self.name),
                    FaucetKeys.bound(self.name), FaucetKeys.nonce(self.name), FaucetKeys.distributions,
                ],
                arguments: [
                    self.fence.argument, .text(id), .text(String(nonce)), .text(self.name.sender.lowercased),
                    .text(String(self.name.era)), .integer(fills ? 1 : 0),
                ]
            )
        )
        guard let place = words.first?.string.flatMap(Place.init(rawValue:)) else { throw .store(.storeInconsistent) }
        return place
    }

    /// A name in the form of an id that no time can make, for one nonce of one era.
    private static func fillerID(_ era: Int64, _ nonce: UInt64) -> String {
        func digits(_ number: UInt64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "ZZ" + digits(UInt64(clamping: era) % 10_000, 4) + digits(nonce, 20)
    }

    /// The items have been cancelled as far as a lane can: they need not be told again.
    func forgetCancels(_ ids: [String]) async {
        guard !ids.isEmpty else { return }
        let command = RedisCommand("SREM", [.key(FaucetKeys.cancels(self.name))] + ids.map { .text($0) })
        // A wish that stays in the set is told again.
        _ = try? await self.faucet.redis.send(command, within: nil)
    }
}
