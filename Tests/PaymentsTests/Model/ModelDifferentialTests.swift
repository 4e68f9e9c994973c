import Coordination
import Ledger
import Logging
import NIOPosix
import Payments
import RESP
import Redis
import Support
import Testing

/// The model against the real scripts on a real Redis: the same random calls, and all that there is compared.
struct ModelDifferentialTests {
    @Test(arguments: Seed.cases(2))
    func `the model and the scripts answer the same, and leave the same behind`(seed: Seed) async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let node = RedisNode(
            configuration: try RedisConfiguration(url: server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask {
                try await eventually { node.isReady }
                var random = seed.random
                var said: Set<String> = []
                for number in 0..<200 {
                    var pair = ModelPair(node, number: number, random: random)
                    try await pair.run(calls: 50)
                    random = pair.random
                    said.formUnion(pair.said)
                }
                #expect(Self.wanted.subtracting(said) == [])
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    /// The answers that must have been given at some time, or little is shown.
    private static let wanted: Set<String> = [
        "attempt dead", "cancel cancelled", "cancel refused", "credit credited", "credit fenced", "credit refused",
        "debit debited", "debit failed", "debit fenced", "final done", "final fenced", "final returned", "hold fenced",
        "hold locked", "leave closed", "leave open", "look queued", "look sent", "look waits", "once done",
        "once failed", "once other", "once parked", "redrive 1", "release true", "requeue queued", "requeue requeued",
        "take parked", "take taken",
    ]
}

/// A model, and a Redis that must be the same.
private struct ModelPair {
    private let node: RedisNode
    private let scripts: ModelScripts
    private let number: Int
    private let accounts: [Account]
    private let shards: [Shard]
    /// A shard's two streams of messages after another's.
    private let streams: [String]
    private var payments: [ModelScripts.Payment] = []
    private var store: ModelStore
    /// Redis's places in queues for the model's.
    private var orders: [Int64: String] = [:]
    /// Each payment's places, first to last.
    private var places: [Int: [Int64]] = [:]
    /// Redis's messages for the model's.
    private var messages: [Int: (stream: String, id: String)] = [:]
    private var calls: [String] = []
    private var asked: (count: Int, arguments: [RedisArgument]) = (0, [])
    /// The answers that scripts gave.
    private(set) var said: Set<String> = []
    var random: SeededGenerator

    init(_ node: RedisNode, number: Int, random: SeededGenerator) {
        self.node = node
        self.scripts = ModelScripts(node: node)
        self.number = number
        self.random = random
        let currency = Currency.usd
        let all = (0..<400).compactMap { UserID("user\($0)") }.map { Account($0, currency) }
        let first = all[number]
        // Every third time two of the three lie in one shard.
        let isNear = number.isMultiple(of: 3)
        let second = all.first { $0.shard != first.shard }
        let third = all.first { $0 != first && $0 != second && ($0.shard == first.shard) == isNear }
        self.accounts = [first, second, third].compactMap(\.self)
        var shards: [Shard] = []
        for account in self.accounts where !shards.contains(account.shard) { shards.append(account.shard) }
        self.shards = shards
        self.streams = shards.flatMap { [ShardKeys.work($0), PaymentKeys.locked($0)] }
        // Every other time one holds all that can be counted.
        let most = number.isMultiple(of: 2) ? ModelStore.limit - 3 : 9
        self.store = ModelStore(
            accounts: zip(self.accounts, [12, most, 5]).map { account, balance in
                ModelStore.Account(shard: shards.firstIndex(of: account.shard) ?? 0, balance: balance)
            }
        )
    }

    mutating func run(calls count: Int) async throws {
        _ = try await self.node.send(RedisCommand("FLUSHALL"), within: nil)
        for (account, model) in zip(self.accounts, self.store.accounts) {
            let key = LedgerKeys.account(account)
            _ = try await self.node.send(
                RedisCommand("HSET", .key(key), "balance", .integer(Int(model.balance))),
                within: nil
            )
        }
        for _ in 0..<2 { try await self.accept() }
        for _ in 0..<count {
            try await self.call()
            guard try await self.isSame() else { return }
        }
    }

    // MARK: Calls

    private mutating func accept() async throws {
        let from = Int.random(in: 0..<3, using: &self.random)
        let to = (from + Int.random(in: 1...2, using: &self.random)) % 3
        let home = self.accounts[from].shard
        let index = self.payments.count
        let payment = ModelScripts.Payment(
            id: "\(home.tag)-01KAJ2000000000000000000" + "\(index)0",
            home: home,
            from: self.accounts[from],
            to: self.accounts[to],
            amount: Int64.random(in: 1...7, using: &self.random)
        )
        self.payments.append(payment)
        self.calls.append("accept \(from) \(to) \(payment.amount)")
        try await self.scripts.accept(payment)
        self.store.accept(from: from, to: to, amount: payment.amount)
        _ = try await self.isSame()
    }

    private mutating func call() async throws {
        if self.payments.count < 4, Int.random(in: 0..<12, using: &self.random) == 0 { return try await self.accept() }
        if Int.random(in: 0..<4, using: &self.random) == 0, try await self.callNext() { return }
        let index = Int.random(in: 0..<self.payments.count, using: &self.random)
        switch Int.random(in: 0..<20, using: &self.random) {
        case 0: try await self.callOnce(index)
        case 1..<3: try await self.callLocks(index)
        case 3..<8: try await self.callLock(index)
        case 8..<15: try await self.callMoney(index)
        default: try await self.callLife(index)
        }
    }

    private func message(_ index: Int, _ role: SplitMachine.Role) -> (Int?, (stream: String, id: String)) {
        let message = self.store.messages.first { $0.payment == index && $0.role == role }
        let home = self.payments[index].home
        let none = (role == .locker ? ShardKeys.work(home) : PaymentKeys.locked(home), "")
        guard let message, let real = self.messages[message.id] else { return (nil, none) }
        return (message.id, real)
    }

    private mutating func callOnce(_ index: Int) async throws {
        let (message, real) = self.message(index, .locker)
        let said = try await self.scripts.once(self.payments[index], real)
        self.compare("once \(index)", self.store.once(index, message: message), said)
    }

    private mutating func callLock(_ index: Int) async throws {
        let record = self.store.payments[index]
        let payment = self.payments[index]
        let isPayer = Bool.random(using: &self.random)
        let (side, account) = isPayer ? (record.from, payment.from) : (record.to, payment.to)
        let flag = Bool.random(using: &self.random)
        if Int.random(in: 0..<6, using: &self.random) == 0 {
            let said = try await self.scripts.release(account, payment, stays: flag)
            self.compare("release \(index)", "\(self.store.release(side, index, stays: flag))", "\(said)")
            return
        }
        // Now and then with the place that it had before it was redriven.
        let isStale = Int.random(in: 0..<8, using: &self.random) == 0
        let order = (isStale ? self.places[index]?.first : nil) ?? record.order
        let isBack = Int.random(in: 0..<3, using: &self.random) == 0
        let said = try await self.scripts.take(
            account,
            payment,
            order: self.orders[order] ?? "",
            joinsOnly: flag,
            isBack: isBack
        )
        let expected = self.store.take(side, index, order, joinsOnly: flag, isBack: isBack)
        self.compare("take \(index) of \(side)", "\(expected)", "\(said)")
    }

    /// Both locks, the handing on and the debit, which chance alone puts together too seldom.
    private mutating func callLocks(_ index: Int) async throws {
        let record = self.store.payments[index]
        let payment = self.payments[index]
        let order = self.orders[record.order] ?? ""
        for (side, account) in [(record.from, payment.from), (record.to, payment.to)] {
            let said = try await self.scripts.take(account, payment, order: order, joinsOnly: false)
            let expected = self.store.take(side, index, record.order, joinsOnly: false)
            self.compare("take \(index) of \(side)", "\(expected)", "\(said)")
        }
        let tokens = [record.from, record.to].map { self.store.accounts[$0].token }
        let said = try await self.scripts.hold(payment, tokens[0], tokens[1])
        self.compare("hold \(index)", self.store.hold(index, tokenFrom: tokens[0], tokenTo: tokens[1]), said)
        self.compare("debit \(index)", self.store.debit(index), try await self.scripts.debit(payment))
    }

    /// The next step of a payment that is on its way, which chance alone finds too seldom.
    private mutating func callNext() async throws -> Bool {
        let moving = self.store.payments.indices.filter { self.store.payments[$0].state == .debited }
        guard let index = moving.randomElement(using: &self.random) else { return false }
        let record = self.store.payments[index]
        let payment = self.payments[index]
        let (side, account) = record.mark == nil ? (record.to, payment.to) : (record.from, payment.from)
        if self.store.standing(side, index) == .held || self.store.standing(side, index) == .queued {
            _ = try await self.node.send(RedisCommand("DEL", .key(LedgerKeys.lock(account))), within: nil)
            self.store.accounts[side].lock = nil
            self.calls.append("expire \(side)")
        }
        if Bool.random(using: &self.random) {
            let order = self.orders[record.order] ?? ""
            let said = try await self.scripts.take(account, payment, order: order, joinsOnly: false)
            let expected = self.store.take(side, index, record.order, joinsOnly: false)
            self.compare("take \(index) of \(side)", "\(expected)", "\(said)")
        } else if record.mark == nil {
            let token = self.store.accounts[record.to].token
            let said = try await self.scripts.credit(payment, token)
            self.compare("credit \(index)", self.store.credit(index, token: token), said)
        } else if Bool.random(using: &self.random) {
            let tokens = [record.from, record.to].map { self.store.accounts[$0].token }
            let said = try await self.scripts.hold(payment, tokens[0], tokens[1])
            self.compare("hold \(index)", self.store.hold(index, tokenFrom: tokens[0], tokenTo: tokens[1]), said)
        } else {
            let reason = record.mark == .refused ? "balance-overflow" : ""
            let said = try await self.scripts.final(payment, reason: reason)
            self.compare("final \(index)", self.store.final(index, reason: reason), said)
        }
        return true
    }

    private mutating func callMoney(_ index: Int) async throws {
        if Int.random(in: 0..<3, using: &self.random) > 0, try await self.callNext() { return }
        let record = self.store.payments[index]
        let payment = self.payments[index]
        let stale = Int.random(in: 0..<6, using: &self.random) == 0 ? Int64(1) : 0
        let tokenFrom = self.store.accounts[record.from].token - stale
        let tokenTo = self.store.accounts[record.to].token - stale
        switch Int.random(in: 0..<7, using: &self.random) {
        case 0, 1:
            let said = try await self.scripts.hold(payment, tokenFrom, tokenTo)
            self.compare("hold \(index)", self.store.hold(index, tokenFrom: tokenFrom, tokenTo: tokenTo), said)
        case 2, 3:
            let said = try await self.scripts.debit(payment)
            self.compare("debit \(index)", self.store.debit(index), said)
        case 4 where record.state == .debited || record.mark != nil:
            let said = try await self.scripts.credit(payment, tokenTo)
            self.compare("credit \(index)", self.store.credit(index, token: tokenTo), said)
        default:
            guard record.mark != nil || record.state != .debited else { return }
            let reason = record.mark == .refused ? "balance-overflow" : ""
            let said = try await self.scripts.final(payment, reason: reason)
            self.compare("final \(index)", self.store.final(index, reason: reason), said)
        }
    }

    private mutating func callLife(_ index: Int) async throws {
        let payment = self.payments[index]
        let isWhole = payment.isWhole || Bool.random(using: &self.random)
        switch Int.random(in: 0..<12, using: &self.random) {
        case 0..<3:
            // The payee's shard may have changed since it was read.
            let isBehind = Int.random(in: 0..<4, using: &self.random) == 0
            let said = try await self.scripts.look(payment, isBehind: isBehind)
            self.compare("look \(index)", self.store.look(index, isBehind: isBehind), said)
        case 3..<5:
            let (message, real) = self.message(index, .locker)
            let said = try await self.scripts.attempt(payment, real, limit: 2, isWhole: isWhole)
            let expected = self.store.attempt(index, message: message, limit: 2, isWhole: isWhole)
            self.compare("attempt \(index)", expected, said)
        case 5..<7:
            let said = try await self.scripts.redrive(payment)
            self.compare("redrive \(index)", self.store.redrive(index), said)
        case 7 where Bool.random(using: &self.random):
            let said = try await self.scripts.cancel(payment, isWhole: isWhole)
            self.compare("cancel \(index)", self.store.cancel(index, isWhole: isWhole), said)
        case 7:
            // Twice: the second time it lies there already.
            for _ in 0..<2 {
                let said = try await self.scripts.requeue(payment)
                self.compare("requeue \(index)", self.store.requeue(index), said)
                guard try await self.isSame() else { return }
            }
        case 8..<10:
            let said = try await self.scripts.leave(payment)
            self.compare("leave \(index)", self.store.leave(index), said)
        default:
            let account = Int.random(in: 0..<3, using: &self.random)
            self.calls.append("expire \(account)")
            _ = try await self.node.send(
                RedisCommand("DEL", .key(LedgerKeys.lock(self.accounts[account]))),
                within: nil
            )
            self.store.accounts[account].lock = nil
        }
    }

    private mutating func compare(_ call: String, _ model: String, _ redis: String) {
        self.calls.append("\(call): \(redis)")
        self.said.insert("\(call.prefix { $0 != " " }) \(redis.prefix { $0 != "(" })")
        #expect(model == redis, "\(self.number): \(self.calls.suffix(30).joined(separator: "\n"))")
    }

    // MARK: What is left behind

    /// Compares all that there is; learns the names of new messages and places.
    private mutating func isSame() async throws -> Bool {
        if self.asked.count != self.payments.count { self.asked = (self.payments.count, self.questions) }
        let call = RedisScriptCall(.testEverything, keys: [], arguments: self.asked.arguments)
        let lines = (try await self.node.run(call, within: nil).array ?? []).map { $0.string ?? "" }
        let found = lines.filter { !$0.hasPrefix("stream") && !$0.hasPrefix("order") }
        let expected = self.lines
        let wrong = found == expected ? self.learn(lines) : "\(found)\n\(expected)"
        #expect(wrong == nil, "\(self.number): \(self.calls.suffix(60).joined(separator: "\n"))")
        return wrong == nil
    }

    private var questions: [RedisArgument] {
        var words: [String] = ["\(self.accounts.count)"]
        for account in self.accounts {
            words += [
                LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
                LedgerKeys.waiters(account), ShardKeys.woken(account.shard), ShardKeys.work(account.shard), account.id,
            ]
        }
        words += ["\(self.shards.count)"] + self.shards.map { LedgerKeys.transit($0, Currency.usd) }
        words += ["\(self.streams.count)"] + self.streams + ["\(self.payments.count)"]
        for payment in self.payments {
            words += [payment.id, payment.key, PaymentKeys.open(payment.home), PaymentKeys.flight(payment.home)]
            words += [PaymentKeys.dead(payment.home), PaymentKeys.creditMark(payment.to.shard, id: payment.id)]
        }
        return words.map { .text($0) }
    }

    private var lines: [String] {
        var lines = self.store.accounts.enumerated().map { index, account in
            let lock = account.lock.map { "\(self.payments[$0.owner].id):\($0.token)" } ?? "-"
            let waiters = account.waiters.map { self.payments[$0.payment].id }.joined(separator: ",")
            let told = self.store.told(index).map { self.payments[$0.payment].id } ?? "-"
            return "account \(account.balance) \(account.sequence) \(account.token) \(lock) \(waiters) \(told)"
        }
        lines += self.shards.indices.map { "transit \(self.store.transit[$0])" }
        return lines
            + self.store.payments.map { record in
                let tokens = [record.tokenFrom, record.tokenTo].map { $0.map { "\($0)" } ?? "-" }
                let flags = [record.isDead, record.isOpen, record.isInFlight, record.isListedDead].map {
                    $0 ? "1" : "0"
                }
                let mark = record.mark.map { $0 == .credited ? "credited" : "refused" } ?? "-"
                return (["payment", record.state.rawValue, "\(record.attempts)"] + tokens + flags + [mark])
                    .joined(separator: " ")
            }
    }

    /// The first difference in the streams and the places, which both are given names by Redis; learns the new ones.
    private mutating func learn(_ lines: [String]) -> String? {
        for (index, line) in lines.filter({ $0.hasPrefix("stream") }).enumerated() {
            let role = index.isMultiple(of: 2) ? SplitMachine.Role.locker : .applier
            let known = self.store.messages.filter { $0.shard == index / 2 && $0.role == role }
            let real = line.split(separator: " ").dropFirst().map { $0.split(separator: "=").map(String.init) }
            let expected = known.map { self.payments[$0.payment].id }
            if real.map({ $0[1] }) != expected { return "\(line)\n\(expected)" }
            for (message, entry) in zip(known, real) { self.messages[message.id] = (self.streams[index], entry[0]) }
        }
        for (index, line) in lines.filter({ $0.hasPrefix("order") }).enumerated() {
            let record = self.store.payments[index]
            if self.places[index]?.last != record.order { self.places[index, default: []].append(record.order) }
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            if self.orders[record.order] == nil { self.orders[record.order] = words[1] }
            if self.orders[record.order] != words[1] { return "\(line)\n\(record.order)" }
            let message = record.message.flatMap { self.messages[$0]?.id } ?? ""
            if message != words[2] { return "\(line)\n\(message)" }
        }
        return nil
    }
}
