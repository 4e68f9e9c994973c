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
    /// Whether something of earlier eras is still to be taken over.
    var isNew = true
    var rebroadcast: String?
    var lastLook: LoopClock.Instant?
    var isLow = false
    var holeLooks = 0
    /// The least that a node takes, as it said when it refused, and until when it is believed.
    private var floor: (fee: FeeFloor, until: LoopClock.Instant)?
    /// The details of the last refusal, besides its reason.
    var refusal = (detail: "", said: "")
    /// The reason to wait that the last look found, besides those that the machine holds.
    var trouble: Waiting?
    /// Transactions that the chain has lost and that had ended, sent again or still to be.
    var replaying = 0
    /// The newest block of the last look, and since when it has been.
    var head: (block: ChainBlock, since: LoopClock.Instant)?
    /// Up to which block every receipt was found; `nil` before that is so.
    var settledHead: UInt64?
    /// Whether blocks were replaced, so that what has ended may be in others now: in the beginning nobody knows.
    var isRecheckDue = true
    /// The search of blocks for the transactions that have used nonces.
    var walk = NonceWalk()
    /// The time until which this look searches.
    var walkLimit = LoopClock().now
    /// Transactions in one batch: one call of a node besides is our own.
    static let batchLimit = 99
    /// Between two looks, however much there is to see.
    private static let shortestLook = Duration.milliseconds(20)
    /// Refusals in a row after which an offer doubles.
    private static let patientRaises = 4
    /// How long a node is believed to take no less than it said.
    private static let floorMemory = Duration.seconds(600)

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
        self.isNew = true
        while !Task.isCancelled, self.parts.eras.era == self.era {
            var pause = self.configuration.idlePoll
            do throws(LaneStore.Failure) {
                if self.isLookDue { try await self.look() }
                if self.isNew, self.snapshot != nil { self.isNew = try await !self.carryOver() }
                if self.snapshot != nil, !self.isNew, self.parts.faucet.isStoreKept { try await self.push() }
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
            if self.machine.isLookWorthwhile { pause = min(pause, Self.shortestLook) }
            await self.parts.wakeUp.wait(atMost: pause)
        }
    }

    func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["sender": "\(self.sender)", "era": "\(self.era.number)"]) { $1 }
    }

    private var isLookDue: Bool {
        guard let lastLook = self.lastLook else { return true }
        let pause = self.machine.isBusy || self.snapshot == nil ? self.configuration.poll : self.configuration.idlePoll
        let age = lastLook.duration(to: LoopClock().now)
        return age >= pause || age >= Self.shortestLook && self.machine.isLookWorthwhile
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

    private func note(_ batch: [LaneItem], _ answers: [SubmitOutcome]) async throws(LaneStore.Failure) {
        let before = self.machine.hold
        let outcomes = self.machine.judged(batch, answers)
        let taken = self.machine.answered(batch, outcomes, at: LoopClock().now)
        self.metrics.answered(outcomes)
        if let hold = self.machine.hold {
            self.refusal = Self.refusal(outcomes)
            if hold != before { self.warn(hold) }
        }
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
            case .feeTooLow(let floor): signings.append((item, self.refused(item, floor)))
            // The settings may have been mended since, and the price may have come down.
            case .gasTooLow: signings.append((item, item.fee))
            case .feeCapExceeded where self.quote.map({ $0.limit < item.fee?.limit ?? .zero }) ?? false:
                signings.append((item, self.quote))
            default: break
            }
        }
        if !signings.isEmpty { try await self.sign(signings) }
    }

    private func warn(_ hold: Waiting.Reason) {
        var more: Logger.Metadata = ["reason": "\(hold.rawValue)"]
        if !self.refusal.said.isEmpty { more["node"] = "\(self.refusal.said)" }
        if !self.refusal.detail.isEmpty { more["detail"] = "\(self.refusal.detail)" }
        self.logger.warning("A node does not take transactions", metadata: self.metadata(more))
    }

    /// The details of a refusal, besides its reason.
    private static func refusal(_ outcomes: [SubmitOutcome]) -> (detail: String, said: String) {
        for outcome in outcomes {
            switch outcome {
            case .rejected(let text): return ("", text)
            case .feeTooLow(let floor?):
                let part = floor.part == .tip ? "tip" : "price"
                return ("the node takes \(floor.amount.decimal) wei at least as \(part)", "")
            case .unknown(let error), .notSent(let error): return (RPCWords.text(error), RPCWords.said(error))
            case .accepted, .alreadyKnown, .nonceTooLow, .nonceTooHigh, .underpriced, .feeTooLow(nil), .feeCapExceeded,
                .insufficientFunds, .gasTooLow, .wrongChain, .notAuthorised, .poolFull, .rateLimited:
                continue
            }
        }
        return ("", "")
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

    /// Signs ahead; returns the failure, for the task that waits for it.
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

    /// The next offer of a refused item: as much as the node asks for, or else more and more.
    ///
    /// Only the cap of the settings is in the way. Every item after it offers as much.
    private func refused(_ item: LaneItem, _ floor: FeeFloor?) -> Fee? {
        guard let fee = item.fee else { return self.quote }
        let cap = self.configuration.fees.cap
        if let floor { self.learn(floor) }
        if let wanted = floor.flatMap({ fee.reaching($0, atLeast: self.quote, cap: cap) }), wanted != fee {
            return wanted
        }
        let isPatient = self.machine.holds <= Self.patientRaises
        guard let more = fee.raised(atLeast: self.quote, cap: cap, doubles: !isPatient) else { return fee }
        if case .market(_, let tip) = more {
            self.learn(FeeFloor(.tip, tip))
        } else {
            self.learn(FeeFloor(.price, more.limit))
        }
        return more
    }

    private func learn(_ floor: FeeFloor) {
        self.floor = (floor, LoopClock().now.advanced(by: Self.floorMemory))
        self.quote = self.quote.flatMap { self.floored($0) }
    }

    /// A quote that the node takes, as far as is known.
    func floored(_ quote: Fee?) -> Fee? {
        guard let quote, let floor = self.floor, LoopClock().now < floor.until else { return quote }
        return quote.reaching(floor.fee, cap: self.configuration.fees.cap) ?? quote
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
