import Coordination
import Ethereum
import EthereumRPC
import Logging
import Outbound
import RESP
import Redis
import Timing

/// One life of one sender's lane: it ends when another process has the lane.
///
/// It carries out what ``LaneMachine`` decides. Signing runs ahead while a batch is with a node.
actor LaneRun {
    let sender: Address
    let parts: LaneParts
    let fence: Fence
    let configuration: LaneConfiguration
    let metrics: LaneMetrics
    let chain: ChainClient
    var era: Era
    var store: LaneStore
    var machine: LaneMachine
    var snapshot: SenderSnapshot?
    var quote: Fee?
    var isPaused = false
    private var rebroadcast: String?
    private var lastLook: LoopClock.Instant?
    private var isLow = false
    var holeLooks = 0
    /// Transactions in one batch: one call of a node besides is our own.
    static let batchLimit = 99

    init(_ parts: LaneParts, key: SenderKey, era: Era, fence: Fence) {
        self.sender = key.address
        self.parts = parts
        self.key = key
        self.era = era
        self.fence = fence
        self.configuration = parts.configuration
        self.metrics = LaneMetrics(sender: key.address)
        self.chain = parts.nodes.client(of: era.chain)
        self.store = LaneStore(
            faucet: parts.faucet,
            era: era,
            sender: key.address,
            fence: fence
        )
        self.machine = LaneMachine(parts.configuration)
    }

    let key: SenderKey
    var logger: Logger { self.parts.logger }

    /// Works until cancelled, until another process has the lane, or until the chain is another.
    func run() async {
        defer { self.metrics.left() }
        var isNew = true
        while !Task.isCancelled, self.parts.eras.era == self.era {
            var pause = self.configuration.idlePoll
            do throws(LaneStore.Failure) {
                if self.isLookDue { try await self.look() }
                if isNew, self.snapshot != nil {
                    try await self.carryOver()
                    isNew = false
                }
                if self.snapshot != nil, !isNew, self.parts.faucet.isStoreKept { try await self.push() }
                if self.machine.isBusy || self.snapshot == nil { pause = self.configuration.poll }
            } catch {
                switch error {
                case .fenced:
                    self.logger.warning("Lane fenced", metadata: self.metadata())
                    return
                case .otherEra: return
                case .store(let error):
                    self.logger.warning("Lane waits for Redis", metadata: self.metadata(["error": "\(error)"]))
                    pause = .milliseconds(200)
                }
            }
            if self.machine.hold != nil { pause = min(pause, .milliseconds(200)) } else if self.isLookDue { continue }
            await self.parts.wakeUp.wait(atMost: pause)
        }
    }

    func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["sender": "\(self.sender)", "era": "\(self.era.number)"]) { $1 }
    }

    private var isLookDue: Bool {
        guard let lastLook = self.lastLook else { return true }
        let pause = self.machine.isBusy || self.snapshot == nil ? self.configuration.poll : self.configuration.idlePoll
        return lastLook.duration(to: LoopClock().now) >= pause || self.machine.mustLook
    }

    // MARK: Looking at the chain

    /// Looks at the chain, tells Redis, and deals with what was mined.
    ///
    /// Two round trips to Redis and two batches to a node, when there is anything to settle.
    private func look() async throws(LaneStore.Failure) {
        // From its end on: a node that is slower than the pause would leave no time for sending.
        defer { self.lastLook = LoopClock().now }
        let snapshot: SenderSnapshot
        do { snapshot = try await self.chain.snapshot(of: self.sender) } catch {
            self.logger.debug("Chain not seen", metadata: self.metadata(["error": "\(error)"]))
            // The heartbeat: the lane lives, and tells why nothing moves.
            let orders = try await self.store.observe(nil, fields: [("reason", "node-unreachable")])
            return await self.follow(orders)
        }
        self.snapshot = snapshot
        self.machine.observed(
            nonce: snapshot.nonce,
            pendingNonce: snapshot.pendingNonce,
            head: snapshot.head.number,
            at: LoopClock().now
        )
        self.quote = self.configuration.fees.quote(snapshot)
        let sight = LaneStore.Sight(
            nonce: snapshot.nonce,
            floor: max(snapshot.nonce, snapshot.pendingNonce),
            affordable: self.affordable(snapshot)
        )
        let orders = try await self.store.observe(sight, fields: self.fields(snapshot))
        self.report(snapshot, orders)
        await self.follow(orders)
        if let lowest = orders.lowestOpen { self.machine.expect(lowest) }
        try await self.settle()
        try await self.confirm()
        try await self.mend(orders)
        try await self.raise()
    }

    /// How many transactions the balance pays for, at the present price; without one, how many coins it is.
    private func affordable(_ snapshot: SenderSnapshot) -> UInt64 {
        let price = self.quote?.limit ?? .zero
        guard let fee = price.multiplied(by: self.configuration.gasLimit),
            let cost = fee.adding(self.parts.faucet.configuration.amount), !cost.isZero,
            let count = snapshot.balance.divided(by: cost)?.quotient
        else { return 0 }
        // More than anybody can give out, and exact in Redis.
        return min(count.exact ?? .max, 1 << 40)
    }

    private func fields(_ snapshot: SenderSnapshot) -> [(String, String)] {
        [
            ("balance", snapshot.balance.decimal), ("head", String(snapshot.head.number)),
            ("pending_nonce", String(snapshot.pendingNonce)), ("fee", self.quote?.text ?? ""),
            ("reason", self.quote == nil ? "no-price" : self.machine.hold ?? ""),
        ]
    }

    private func report(_ snapshot: SenderSnapshot, _ orders: LaneStore.Orders) {
        let coin = Wei(1_000_000_000_000_000)
        let milli = snapshot.balance.divided(by: coin)?.quotient.exact ?? .max
        let counter = orders.counter ?? snapshot.nonce
        self.metrics.observed(
            balanceCoins: Double(milli) / 1000,
            openCount: orders.openCount,
            drift: Int64(clamping: counter) - Int64(clamping: snapshot.nonce),
            stallSeconds: self.machine.stall(at: LoopClock().now) / .seconds(1)
        )
        let isLow = milli / 1000 < self.configuration.warnCoins
        defer { self.isLow = isLow }
        if isLow, !self.isLow {
            self.logger.warning("The wallet runs low", metadata: self.metadata(["coins": "\(milli / 1000)"]))
        }
        if orders.raised > 0 {
            self.logger.warning(
                "Nonces were used that the faucet has not given out",
                metadata: self.metadata(["count": "\(orders.raised)"])
            )
            self.metrics.count("skipped", Int(clamping: orders.raised))
        }
    }

    /// Does what an operator wants.
    private func follow(_ orders: LaneStore.Orders) async {
        if self.isPaused != orders.isPaused {
            self.isPaused = orders.isPaused
            self.logger.notice(orders.isPaused ? "Lane paused" : "Lane resumed", metadata: self.metadata())
        }
        if let rebroadcast = self.rebroadcast, rebroadcast != orders.rebroadcast { self.machine.resendAll() }
        self.rebroadcast = orders.rebroadcast
        var done: [String] = []
        // What is not loaded yet brings the wish along in its record.
        for id in orders.cancels {
            _ = self.machine.cancel(id)
            done.append(id)
        }
        await self.store.forgetCancels(done)
    }

    // MARK: Sending

    /// Signs and sends all that there is room for, in order.
    private func push() async throws(LaneStore.Failure) {
        try await self.prepare()
        while !Task.isCancelled, !self.isPaused, !self.isLookDue {
            let batch = self.machine.toSend(at: LoopClock().now, limit: Self.batchLimit)
            guard !batch.isEmpty else { return }
            async let ahead = self.prepared()
            let outcomes = await self.submit(batch)
            let failure = await ahead
            try await self.note(batch, outcomes)
            if let failure { throw failure }
            if self.machine.hold != nil { return }
        }
    }

    private func submit(_ batch: [LaneItem]) async -> [SubmitOutcome] {
        if await self.parts.faucet.failpoints.pass("faucet.submit.before") {
            return batch.map { _ in .notSent(.noNode) }
        }
        // A batch that tells of another chain has reached it already, where its transactions may be good as well.
        do { _ = try await self.chain.transactionCount(of: self.sender, .latest) } catch {
            return batch.map { _ in .notSent(error) }
        }
        let outcomes = await self.chain.submit(batch.map(\.raw))
        if await self.parts.faucet.failpoints.pass("faucet.submit.after") {
            return batch.map { _ in .unknown(.outcomeUnknown(.reset)) }
        }
        return outcomes
    }

    private func note(_ batch: [LaneItem], _ outcomes: [SubmitOutcome]) async throws(LaneStore.Failure) {
        let before = self.machine.hold
        let taken = self.machine.answered(batch, outcomes, at: LoopClock().now)
        self.metrics.answered(outcomes)
        if let hold = self.machine.hold, hold != before { self.warn(hold, outcomes) }
        let fresh = taken.filter { $0.state == .signed }
        let done = try await self.advance(
            "submitted",
            fresh.map { item in
                LaneStore.Step(
                    item: item,
                    expected: [.signed, .submitted],
                    state: .submitted,
                    hash: item.hash,
                    stamp: "submitted"
                )
            }
        )
        for (item, isDone) in zip(fresh, done) {
            if isDone { self.machine.submitted(item.nonce) } else { self.forget(item) }
        }
        var signings: [(LaneItem, Fee?)] = []
        for (item, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .feeTooLow: signings.append((item, self.raised(item)))
            // The settings may have been mended since, and the price may have come down.
            case .gasTooLow: signings.append((item, item.fee))
            case .feeCapExceeded where self.quote.map({ $0.limit < item.fee?.limit ?? .zero }) ?? false:
                signings.append((item, self.quote))
            default: break
            }
        }
        if !signings.isEmpty { try await self.sign(signings) }
    }

    private func warn(_ hold: String, _ outcomes: [SubmitOutcome]) {
        var more: Logger.Metadata = ["reason": "\(hold)"]
        for outcome in outcomes { if case .rejected(let text) = outcome { more["node"] = "\(text)" } }
        self.logger.warning("A node does not take transactions", metadata: self.metadata(more))
    }

    /// Redis has another idea of an item: it is read again.
    func forget(_ item: LaneItem) {
        self.logger.error("A distribution is not what its lane has", metadata: self.metadata(["id": "\(item.id)"]))
        self.machine.forget(item.nonce)
    }

    /// Writes steps down; when nobody knows whether they were, their items are read again.
    func advance(_ name: String, _ steps: [LaneStore.Step]) async throws(LaneStore.Failure) -> [Bool] {
        do { return try await self.store.advance(name, steps) } catch {
            for step in steps { self.machine.forget(step.item.nonce) }
            throw error
        }
    }

    // MARK: Signing

    /// What failed while signing ahead, for whoever waits.
    private func prepared() async -> LaneStore.Failure? {
        do throws(LaneStore.Failure) { try await self.prepare() } catch { return error }
        return nil
    }

    /// Loads what is new, and signs it.
    private func prepare() async throws(LaneStore.Failure) {
        guard !self.isPaused else { return }
        let room = min(self.machine.room, Self.batchLimit)
        if room > 0 { self.machine.loaded(try await self.store.take(from: self.machine.nextNonce, count: room)) }
        let wanted = self.machine.toSign
        guard !wanted.isEmpty, let quote = self.quote else { return }
        try await self.sign(wanted.map { ($0, $0.fee == nil ? quote : self.raised($0)) })
    }

    /// The most that a raise may offer: the cap of the settings, and ten times the present price, for what is stuck may
    /// be stuck for another reason.
    var raiseLimit: Wei? {
        let tenfold = self.quote?.limit.multiplied(by: 10)
        guard let cap = self.configuration.fees.cap else { return tenfold }
        return tenfold.map { min($0, cap) } ?? cap
    }

    /// A higher fee for an item; its own when it can go no higher.
    func raised(_ item: LaneItem) -> Fee? {
        guard let fee = item.fee else { return self.quote }
        return fee.raised(atLeast: self.quote, cap: self.raiseLimit) ?? fee
    }

    /// Signs items and keeps the bytes; nothing is sent before that.
    func sign(_ items: [(LaneItem, Fee?)]) async throws(LaneStore.Failure) {
        var steps: [LaneStore.Step] = []
        for (item, fee) in items {
            guard let fee, let signed = self.signed(item, fee) else { continue }
            steps.append(
                LaneStore.Step(
                    item: signed,
                    expected: [.queued, .signed, .submitted],
                    state: item.state == .queued ? .signed : item.state,
                    hash: signed.hash,
                    fields: [
                        ("raw", signed.raw), ("hash", signed.hash?.text ?? ""),
                        ("hashes", Self.text(signed.hashes)), ("noops", Self.text(signed.noops)), ("fee", fee.text),
                    ]
                )
            )
        }
        for (step, isDone) in zip(steps, try await self.advance("sign", steps)) {
            if isDone { self.machine.signed(step.item) } else { self.forget(step.item) }
        }
    }

    /// The item with one more transaction: its coin, or nothing when it is cancelled.
    private func signed(_ item: LaneItem, _ fee: Fee) -> LaneItem? {
        let transaction: SignedTransaction
        do { transaction = try self.key.sign(self.transaction(item, fee)) } catch {
            self.logger.critical("Not signed", metadata: self.metadata(["error": "\(error)", "id": "\(item.id)"]))
            return nil
        }
        var item = item
        item.raw = Hex.text(transaction.raw)
        item.fee = fee
        // Signing the same again gives the same bytes.
        if !item.hashes.contains(transaction.hash) { item.hashes.append(transaction.hash) }
        if item.isCancelled, !item.noops.contains(transaction.hash) { item.noops.append(transaction.hash) }
        return item
    }

    private func transaction(_ item: LaneItem, _ fee: Fee) -> Transaction {
        let to = item.isCancelled ? self.sender : item.address
        let value = item.isCancelled ? Wei.zero : item.amount
        let gasLimit = item.isCancelled ? 21_000 : self.configuration.gasLimit
        return switch fee {
        case .legacy(let gasPrice):
            .legacy(
                LegacyTransaction(
                    chainID: self.era.chain.id,
                    nonce: item.nonce,
                    to: to,
                    value: value,
                    gasLimit: gasLimit,
                    gasPrice: gasPrice
                )
            )
        case .market(let maxFee, let tip):
            .feeMarket(
                FeeMarketTransaction(
                    chainID: self.era.chain.id,
                    nonce: item.nonce,
                    to: to,
                    value: value,
                    gasLimit: gasLimit,
                    maxFee: maxFee,
                    maxPriorityFee: tip
                )
            )
        }
    }

    static func text(_ hashes: [Hash32]) -> String { hashes.map(\.text).joined(separator: " ") }
}
