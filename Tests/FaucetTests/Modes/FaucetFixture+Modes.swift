import Coordination
import Ethereum
import Faucet
import JSON
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

/// The failure modes, by number, and where each is tested.
///
/// "Coins" are counted on the chain: each address has exactly its own.
///
/// - `CrashTests`, `LostReplyTests`: a crash after the nonce (1), before signing (2), before sending (3), before the
///   answer is written down (4), after mining (5).
/// - `ZombieTests`: a lease that is lost in the middle (6).
/// - `NodeAnswerTests`: time-out (7), reset (8), errors and garbage (9), nonce too high (12), accepted and
///   dropped (13), a node with an empty pool (14), a node that hangs (33).
/// - `NodePoolTests`: a node that lags (10), a node of another chain (11).
/// - `ChainResetTests`: another chain (15). `ReorganisationTests`: blocks that are replaced (16).
/// - `FeeModeTests`: a fee spike (17), a raise that is refused (18), 165,000 gwei (32).
/// - `ForeignNonceTests`: "already known" and "nonce too low" (19), the key used elsewhere (20).
/// - `MoneyModeTests`: an empty wallet (21), an overdraft (22), a recipient that refuses (23), slow blocks (34).
/// - `RequestModeTests`: one key at two instances (24), for two addresses (25), a request that is repeated (31).
/// - `StoreModeTests`, `StoreRollbackTests`: Redis restarts, forgets or refuses (26), the counter is deleted (29).
/// - `StartModeTests`: clocks (27), sixteen workers at once (28).
/// - The end-to-end tests: load with kills (30), and the HTTP of 31.
extension FaucetFixture {
    // MARK: Processes

    /// Runs one more worker process beside this fixture's own while `body` runs.
    ///
    /// It has failpoints of its own: with a place that drops everything it gets no further than a process that died
    /// there each time.
    @discardableResult
    func withProcess<Value: Sendable>(
        _ name: String,
        failpoints texts: [String] = [],
        _ change: (inout Options) -> Void = { _ in },
        _ body: @Sendable @escaping (FaucetFixture) async throws -> Value
    ) async throws -> Value {
        var options = self.options
        change(&options)
        let failpoints = Failpoints(texts.compactMap { Failpoints.Rule($0) })
        #expect(failpoints.isArmed == !texts.isEmpty)
        let clock = ServerClock(redis: self.node, logger: self.logs.logger())
        let guardian = StoreGuard(redis: self.node, interval: .milliseconds(50), logger: self.logs.logger())
        let pump = CommitPump(node: self.node, configuration: CommitPump.Configuration())
        let process = FaucetFixture(
            server: self.server,
            chain: self.chain,
            node: self.node,
            faucet: Faucet(
                redis: self.node,
                commits: pump,
                guardian: guardian,
                clock: clock,
                configuration: options.faucet,
                failpoints: failpoints
            ),
            watch: self.watch,
            outbound: self.outbound,
            failpoints: failpoints,
            logs: self.logs,
            options: options
        )
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            for service in [clock, guardian, pump] as [any Service] {
                group.addTask {
                    try await service.run()
                    return nil
                }
            }
            group.addTask {
                try await process.work(name)
                return nil
            }
            group.addTask {
                try await eventually { clock.isKnown && guardian.verdict != .unknown }
                return try await body(process)
            }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw EndedByItself()
        }
    }

    private struct EndedByItself: Error {}

    // MARK: Asking for coins

    /// Addresses that nobody has used before, always the same.
    static func addresses(_ range: Range<Int>) -> [String] {
        range.map { number in
            let text = String(0xA000_0000 + number, radix: 16)
            return "0x" + String(repeating: "b", count: 40 - text.count) + text
        }
    }

    /// One coin for each of as many addresses.
    func admitEach(_ range: Range<Int>) async throws -> [Admission] {
        var admissions: [Admission] = []
        for address in Self.addresses(range) { admissions.append(try await self.admit(address)) }
        return admissions
    }

    /// Asks again with the same id while nobody knows whether it was done, as a client does.
    func admitStubbornly(_ address: String) async throws -> Admission {
        var admission: Admission?
        try await eventually("\(address) is admitted") {
            let id = try self.faucet.makeID()
            while true {
                do {
                    admission = try await self.admit(address, as: id)
                    return true
                } catch FaucetError.store(.notSent) { return false } catch FaucetError.notReady {
                    return false
                } catch FaucetError.store(.outcomeUnknown) { continue }
            }
        }
        return try #require(admission)
    }

    /// The distributions once they are all over, while blocks are mined.
    @discardableResult
    func endedWhileMining(_ admissions: [Admission]) async throws -> [Distribution] {
        try await eventually("all are over", within: .seconds(40)) {
            try await self.chain.mine()
            for admission in admissions {
                guard try await self.distribution(admission.id).state.isTerminal else { return false }
            }
            return true
        }
        return try await self.ended(admissions)
    }

    /// Waits until the lane has looked at its node four times, with two calls each, and sent it nothing meanwhile.
    func untilLaneRests() async throws {
        var (sends, looks) = (-1, 0)
        try await eventually("the lane rests", within: .seconds(40)) {
            let calls = try await self.chain.calls()
            let sent = calls["eth_sendRawTransaction", default: 0]
            let looked = calls["eth_getTransactionCount", default: 0]
            if sent != sends { (sends, looks) = (sent, looked) }
            return looked >= looks + 8
        }
    }

    func untilState(_ state: Distribution.State, _ admissions: [Admission]) async throws {
        for admission in admissions {
            try await eventually("\(admission.id) is \(state)") {
                try await self.distribution(admission.id).state == state
            }
        }
    }

    // MARK: What must be true

    /// Expects that each of the addresses has exactly one coin, that all who asked are told so, and that no more is to
    /// come.
    ///
    /// `others` are transactions of the sender that are not theirs: fillers, strangers', refused ones.
    func expectOneCoinEach(_ range: Range<Int>, _ distributions: [Distribution], others: Int = 0) async throws {
        #expect(distributions.allSatisfy { $0.state == .confirmed })
        for address in Self.addresses(range) {
            let balance = try await self.balance(address)
            #expect(balance == self.options.faucet.amount, "\(address)")
        }
        for distribution in distributions {
            let receipt = try await self.chain.receipt(of: distribution.minedHash?.text ?? "")
            #expect(receipt?["status"] == .string("0x1"))
        }
        #expect(Set(distributions.compactMap(\.minedHash)).count == range.count)
        #expect(Set(distributions.map(\.nonce)).count == range.count)
        try await self.expectQuiet(transactions: range.count + others)
    }

    /// Expects that as many transactions of the sender are mined, none waits, and the counter goes on behind them.
    func expectQuiet(transactions: Int) async throws {
        let nonce = try await self.chain.nonce(of: Self.sender)
        #expect(nonce == transactions)
        let pending = try await self.chain.text("eth_getTransactionCount", "\"\(Self.sender)\"", "\"pending\"")
        #expect(pending == "0x" + String(nonce, radix: 16))
        let era = try #require(try await self.eraNumber())
        let lane = LaneName(era: era, sender: try #require(Address(hex: Self.sender)))
        let counter = try await self.ask("GET", FaucetKeys.nonce(lane))
        #expect(counter.integerValue == Int64(nonce))
        let open = try await self.ask("ZCARD", FaucetKeys.open(lane))
        #expect(open.integerValue == 0)
    }

    // MARK: Redis

    func ask(_ command: String, _ key: String, _ rest: RedisArgument...) async throws -> RESPValue {
        try await self.node.send(RedisCommand(command, [.key(key)] + rest), within: nil)
    }

    func eraNumber() async throws -> Int64? {
        try await self.ask("HGET", FaucetKeys.era, "number").integerValue
    }

    /// The lane of the first sender in the era that is.
    func lane() async throws -> LaneName {
        LaneName(era: try #require(try await self.eraNumber()), sender: try #require(Address(hex: Self.sender)))
    }

    /// Why the lane does not go on, as it says itself; empty when it does.
    func reason() async throws -> String {
        try await self.ask("HGET", FaucetKeys.lane(self.lane()), "reason").string ?? ""
    }

    func untilHeld(_ reason: String) async throws {
        try await eventually("the lane is held by \(reason)") { try await self.reason() == reason }
    }

    /// Refuses all that is sent until the faults are cleared.
    func refuseSending() async throws {
        try await self.chain.fault(
            #"{"on":"eth_sendRawTransaction","do":"error","message":"txpool is full","times":-1}"#
        )
    }
}
