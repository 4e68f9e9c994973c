import Ethereum
import Foundation
import JSON
import Load
import NIOCore
import Synchronization

/// The faults of a ``FakeFaucet``.
struct FaucetFaults: Sendable {
    enum Fault: Hashable, Sendable {
        /// Answers with this, after paying or not.
        case status(Int, pays: Bool)
        /// Closes the connection instead of answering; only the first request for it.
        case close(pays: Bool)
        /// Answers with 202, and delivers it later or never.
        case queue(delivers: Bool)
        /// The chain has its transaction, and the balance does not have its coin.
        case skipCoin
        /// Its address gets two coins.
        case doubleCoin
        /// Sent again half a second later, with the next nonce.
        case lateDouble
        /// Answered with the transaction before it, and nothing is sent.
        case sharedHash
        /// Answered with the id before it.
        case sharedID
        case wrongValue
        case wrongRecipient
        /// The chain knows the transaction with another nonce.
        case wrongNonce
        /// Promised with another nonce than it has.
        case promisedNonce
        /// Leaves a nonce out.
        case gap
        case reverted
        case failed
        /// Told as mined, and the chain has no receipt.
        case noReceipt
        /// Not known under its id.
        case unknown
        /// Told with another amount.
        case misread
        /// Promised with another amount, and paid like this.
        case amount
        /// Replays name another transaction.
        case otherHash
        /// Replays name another distribution.
        case otherID
        /// Delivered by another transaction than the first one.
        case bumped
        /// Delivered by another transaction than the first one, and by the first one too.
        case bumpedTwice
        case body(String)
    }

    /// Every so-many-th distribution ends like this.
    var every: (Int, Fault)?
    /// From the answer to the block, in seconds.
    var delay = 0.0
    /// How long an answer takes.
    var slowness = TimeAmount.zero
    /// Seconds that the chain's node lags behind what the faucet tells.
    var lag = 0.0
    /// Questions, to the faucet and to the chain, are answered with 503 every so often.
    var unavailableQuestions = 0
    /// Senders that take turns.
    var senders = 1
    /// Wei of a coin.
    var amount = "1000000000000000000"
    /// A key that was answered with 202 is answered with 200 once it is mined.
    var isUpdatingAnswers = false
}

/// A faucet and its chain that keep their promise, in one process; or nearly so.
final class FakeFaucet: FakeAnswering {
    struct Sent: Hashable, Sendable {
        let id: String
        let address: Address
        let hash: Hash32
        let nonce: Int
        let fault: FaucetFaults.Fault?
        let minedAt: Double
        var amount: String
        var isQueued = false
    }

    struct Transaction: Hashable, Sendable {
        let from: Address
        let to: Address
        let value: Wei
        let nonce: Int
        var isSuccessful = true
        let minedAt: Double
    }

    struct State {
        var sent: [String: Sent] = [:]
        var last: Sent?
        /// The distributions of keys.
        var keys: [String: String] = [:]
        var nonces: [Int]
        var transactions: [Hash32: Transaction] = [:]
        /// Coins that no transaction accounts for.
        var extra: [Address: Int] = [:]
        var gift: (address: Address?, coins: Int, after: Int) = (nil, 0, 0)
        var count = 0
        var questions = 0
        var requests: [FakeLedgerRequest] = []
    }

    static let senders = (1...9).compactMap { Address(bytes: Array(repeating: UInt8($0), count: 20)) }

    let faults: FaucetFaults
    private let state: Mutex<State>

    init(_ faults: FaucetFaults) {
        self.faults = faults
        self.state = Mutex(State(nonces: Array(repeating: 7, count: faults.senders)))
    }

    static func run<Value>(
        _ faults: FaucetFaults = FaucetFaults(),
        servers: Int = 1,
        away: Int? = nil,
        _ body: (FakeFaucet, [String]) async throws -> Value
    ) async throws -> Value {
        let service = FakeFaucet(faults)
        return try await FakeServer.run(service, servers: servers, away: away) { try await body(service, $0) }
    }

    /// Requests for coins, and distributions that were made.
    var requests: [FakeLedgerRequest] { self.state.withLock { $0.requests } }
    var made: Int { self.state.withLock { $0.sent.count } }

    /// Has an address get coins from nowhere after so many requests.
    func giveExtra(to address: String, coins: Int, afterRequests count: Int) {
        self.state.withLock { $0.gift = (Address(hex: address), coins, count) }
    }

    func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer? {
        self.state.withLock { state in
            if request.path == "/distribute" {
                state.requests.append(request)
                if let address = state.gift.address, state.requests.count == state.gift.after {
                    state.extra[address, default: 0] += state.gift.coins
                }
                var answer = self.distribute(request, &state)
                answer.delay = self.faults.slowness
                return answer
            }
            state.questions += 1
            if self.faults.unavailableQuestions > 0, state.questions.isMultiple(of: self.faults.unavailableQuestions) {
                return FakeLedgerAnswer(503, FakePayments.problem("dependency-unavailable"))
            }
            if request.path == "/" { return FakeChain.answer(request.body, state) }
            return self.told(state.sent[String(request.path.split(separator: "/").last ?? "")])
        }
    }

    private func distribute(_ request: FakeLedgerRequest, _ state: inout State) -> FakeLedgerAnswer {
        let key = request.headers["idempotency-key"]
        guard let address = Self.address(request) else {
            return FakeLedgerAnswer(400, FakePayments.problem("address-invalid"))
        }
        if let key, let sent = state.keys[key].flatMap({ state.sent[$0] }) { return self.replay(sent, &state) }
        state.count += 1
        let fault = self.faults.every.flatMap { state.count.isMultiple(of: $0.0) ? $0.1 : nil }
        var sent: Sent?
        if fault?.pays != false {
            let new = self.send(address, fault, &state)
            state.sent[new.id] = new
            if let key { state.keys[key] = new.id }
            sent = new
        }
        switch (fault, sent) {
        case (.status(let status, _)?, _): return FakeLedgerAnswer(status, FakePayments.problem("some-problem"))
        case (.close?, _), (_, nil):
            var answer = FakeLedgerAnswer(200, "")
            answer.body = nil
            return answer
        case (.body(let body)?, _): return FakeLedgerAnswer(200, body)
        case (.sharedHash?, let new?):
            guard let last = state.last else { return self.given(new) }
            return self.given(new, hash: last.hash)
        case (.sharedID?, let new?):
            guard let last = state.last else { return self.given(new) }
            return self.given(Sent(last.id, like: new))
        case (_, let new?):
            state.last = new
            return self.given(new)
        }
    }

    private func replay(_ sent: Sent, _ state: inout State) -> FakeLedgerAnswer {
        var answer: FakeLedgerAnswer
        switch sent.fault {
        case .otherHash?: answer = self.given(sent, hash: Keccak256.hash(Array("other \(sent.id)".utf8)))
        case .otherID?: answer = self.given(Sent("\(sent.id)2", like: sent))
        case .status?, .close?: answer = self.given(sent)
        default: answer = self.given(sent, isReplay: true)
        }
        answer.headers["Idempotent-Replayed"] = "true"
        return answer
    }

    private func send(_ address: Address, _ fault: FaucetFaults.Fault?, _ state: inout State) -> Sent {
        let place = state.count % self.faults.senders
        let nonce = state.nonces[place] + (fault == .gap ? 1 : 0)
        state.nonces[place] = nonce + 1
        let now = Date().timeIntervalSince1970
        var sent = Sent(
            id: "ID\(1_000_000 + state.count)",
            address: address,
            hash: Keccak256.hash(Array("\(place) \(nonce)".utf8)),
            nonce: nonce,
            fault: fault,
            minedAt: fault == .queue(delivers: false) ? 1e18 : now + self.faults.delay,
            amount: fault == .amount ? "5" : self.faults.amount
        )
        if case .queue? = fault { sent.isQueued = true }
        self.mine(sent, from: Self.senders[place], &state)
        return sent
    }

    private func mine(_ sent: Sent, from sender: Address, _ state: inout State) {
        let coin = Wei(decimal: sent.amount) ?? .zero
        var transaction = Transaction(
            from: sender,
            to: sent.fault == .wrongRecipient ? Self.senders[8] : sent.address,
            value: sent.fault == .wrongValue ? Wei(3) : coin,
            nonce: sent.nonce + (sent.fault == .wrongNonce ? 1000 : 0),
            minedAt: sent.minedAt + self.faults.lag
        )
        switch sent.fault {
        case .sharedHash?, .sharedID?, .noReceipt?, .failed?: return
        case .reverted?: transaction.isSuccessful = false
        case .bumped?: state.transactions[sent.bumpedHash] = transaction
        case .bumpedTwice?: state.transactions[sent.bumpedHash] = transaction
        case .skipCoin?: state.extra[sent.address, default: 0] -= 1
        case .doubleCoin?: state.extra[sent.address, default: 0] += 1
        case .lateDouble?:
            let place = state.count % self.faults.senders
            let nonce = state.nonces[place]
            state.nonces[place] = nonce + 1
            let late = Transaction(
                from: sender,
                to: sent.address,
                value: coin,
                nonce: nonce,
                minedAt: sent.minedAt + 0.5
            )
            state.transactions[sent.bumpedHash] = late
        default: break
        }
        if sent.fault != .bumped { state.transactions[sent.hash] = transaction }
        if sent.fault == .bumpedTwice { state.extra[sent.address, default: 0] -= 1 }
    }
}

extension FaucetFaults.Fault {
    /// Whether a distribution is made at all.
    fileprivate var pays: Bool {
        switch self {
        case .status(_, let pays), .close(let pays): pays
        default: true
        }
    }
}

extension FakeFaucet.Sent {
    var bumpedHash: Hash32 { Keccak256.hash(Array("bumped \(self.id)".utf8)) }

    fileprivate init(_ id: String, like other: FakeFaucet.Sent) {
        self.init(
            id: id,
            address: other.address,
            hash: other.hash,
            nonce: other.nonce,
            fault: other.fault,
            minedAt: other.minedAt,
            amount: other.amount
        )
    }
}
