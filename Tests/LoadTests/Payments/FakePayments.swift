import Foundation
import Load
import NIOCore
import Synchronization

/// The faults of a ``FakePayments``.
struct PaymentsFaults: Sendable {
    enum Fault: Hashable, Sendable {
        /// Answers 503, or closes the connection, after accepting it or not; only the first request for it.
        case unavailable(accepts: Bool)
        case close(accepts: Bool)
        case badGateway
        /// Closes the connection whenever the payment is sent, after accepting it or not.
        case mute(accepts: Bool)
        case status(Int)
        case doubleDebit
        /// Done without an entry.
        case skip
        /// Answers as if it were accepted, and knows nothing of it.
        case lose
        /// Carried out long after it was accepted, and after others.
        case late
        /// One cent of the credit is missing.
        case leak
        case neverFinish
        /// Replays have another id.
        case otherID
        /// Given the id of the payment before it.
        case sharedID
        case failFor(String)
        /// Carried out twice, the second time as a payment of its own.
        case ghost
        /// Told with one cent more.
        case misread
        /// Failed, though its money was taken.
        case failAfterDebit
        /// Failed, and its money was given back.
        case giveBack
    }

    /// Every so-many-th payment ends like this.
    var every: (Int, Fault)?
    /// Accounts may be overdrawn.
    var isOverdrawing = false
    /// From the accept to the end.
    var delay = 0.0
    /// How long an accept takes.
    var slowness = TimeAmount.zero
    /// Questions are answered with 503 every so often.
    var unavailableQuestions = 0
}

/// A service of payments that keeps its promise, in one process; or nearly so.
final class FakePayments: FakeAnswering {
    struct Entry: Hashable, Sendable {
        let kind: String
        let cents: Int64
        let balance: Int64
        let sequence: Int
        let payment: String?
    }

    struct Payment: Hashable, Sendable {
        let id: String
        let from: String
        let to: String
        let cents: Int64
        let created: Double
        var status = "pending"
        var finished: Double?
        var reason: String?
        let fault: PaymentsFaults.Fault?
    }

    private struct State {
        var accounts: [String: [Entry]] = [:]
        var answers: [String: FakeLedgerAnswer] = [:]
        var payments: [String: Payment] = [:]
        /// All ids in the order of their accepts, and those that are not over.
        var order: [String] = []
        var open: [(id: String, dueAt: Double)] = []
        var keys: [String: PaymentsFaults.Fault] = [:]
        var posts = 0
        var ids = 0
        var questions = 0
    }

    private let faults: PaymentsFaults
    private let state = Mutex(State())

    init(_ faults: PaymentsFaults) { self.faults = faults }

    static func run<Value>(
        _ faults: PaymentsFaults = PaymentsFaults(),
        servers: Int = 1,
        away: Int? = nil,
        _ body: (FakePayments, [String]) async throws -> Value
    ) async throws -> Value {
        let service = FakePayments(faults)
        return try await FakeServer.run(service, servers: servers, away: away) { try await body(service, $0) }
    }

    var entries: [String: [Entry]] { self.state.withLock { $0.accounts } }

    var payments: [Payment] { self.state.withLock { $0.payments.values.sorted { $0.id < $1.id } } }

    func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer? {
        let parts = request.path.split(separator: "/").map(String.init)
        return self.state.withLock { state in
            self.advance(&state)
            if request.method == "POST" {
                return parts.first == "users" ? self.add(parts[1], request, &state) : self.pay(request, &state)
            }
            state.questions += 1
            if self.faults.unavailableQuestions > 0, state.questions.isMultiple(of: self.faults.unavailableQuestions) {
                return FakeLedgerAnswer(503, Self.problem("dependency-unavailable"))
            }
            switch (parts.first, parts.last) {
            case ("payments", let id?): return Self.told(state.payments[id])
            case (_, "balance"): return Self.balance(parts[1], state.accounts[parts[1]] ?? [])
            case (_, "history"):
                let cursor = Int(request.query["cursor"] ?? "") ?? .max
                return Self.history(parts[1], before: cursor, state.accounts[parts[1]] ?? [])
            case (_, "payments"):
                let own = state.order.compactMap { state.payments[$0] }.filter { [$0.from, $0.to].contains(parts[1]) }
                return Self.list(parts[1], after: Int(request.query["cursor"] ?? "0") ?? 0, own)
            default: return FakeLedgerAnswer(404, "{}")
            }
        }
    }

    private func add(_ user: String, _ request: FakeLedgerRequest, _ state: inout State) -> FakeLedgerAnswer? {
        let key = request.headers["idempotency-key"] ?? ""
        if var answer = state.answers[key] {
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        }
        let cents = Self.cents(request.body) ?? 0
        Self.enter(user, "add", cents, nil, &state)
        let count = state.accounts[user]?.count ?? 0
        var answer = FakeLedgerAnswer(
            200,
            #"{"transaction_id":"\#(user).\#(count)","user_id":"\#(user)","amount":"\#(Cents.text(cents))","#
                + #""balance":"\#(Cents.text(Self.holding(user, state)))","sequence":\#(count)}"#
        )
        answer.headers = ["ETag": "\"\(user)@\(count)\""]
        state.answers[key] = answer
        return answer
    }

    private func pay(_ request: FakeLedgerRequest, _ state: inout State) -> FakeLedgerAnswer? {
        let key = request.headers["idempotency-key"] ?? ""
        let isFirst = state.keys[key] == nil && state.answers[key] == nil
        if isFirst, let (every, fault) = self.faults.every {
            state.posts += 1
            if state.posts.isMultiple(of: every) { state.keys[key] = fault }
        }
        let fault = state.keys[key]
        switch fault {
        case .status(let status): return FakeLedgerAnswer(status, Self.problem("some-problem"))
        case .badGateway where isFirst: return FakeLedgerAnswer(502, "<html>")
        case .unavailable(accepts: false) where isFirst: return FakeLedgerAnswer(503, Self.problem("queue-full"))
        case .close(accepts: false) where isFirst, .mute(accepts: false): return Self.cut
        default: break
        }
        var answer = self.accepted(key, request, fault, &state)
        switch fault {
        case .unavailable where isFirst: return FakeLedgerAnswer(503, Self.problem("applied-not-durable"))
        case .close where isFirst, .mute: return Self.cut
        default: break
        }
        answer.delay = self.faults.slowness
        return answer
    }

    private static var cut: FakeLedgerAnswer {
        var answer = FakeLedgerAnswer(200, "")
        answer.body = nil
        return answer
    }

    private func accepted(
        _ key: String,
        _ request: FakeLedgerRequest,
        _ fault: PaymentsFaults.Fault?,
        _ state: inout State
    ) -> FakeLedgerAnswer {
        if var answer = state.answers[key] {
            answer.headers["Idempotent-Replayed"] = "true"
            guard fault == .otherID else { return answer }
            let id = Self.nextID(&state)
            answer = Self.accepted(id)
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        }
        let id = fault == .sharedID ? state.order.last ?? Self.nextID(&state) : Self.nextID(&state)
        let now = Date().timeIntervalSince1970
        let wait =
            switch fault {
            case .late: 0.2
            case .neverFinish: 1e9
            default: self.faults.delay
            }
        let body = request.body
        let payment = Payment(
            id: id,
            from: Self.text(body, "from_account"),
            to: Self.text(body, "to_account"),
            cents: Self.cents(body) ?? 0,
            created: now,
            fault: fault
        )
        if fault != .lose && fault != .sharedID {
            state.payments[id] = payment
            state.order.append(id)
            state.open.append((id, now + wait))
            self.advance(&state)
        }
        let answer = Self.accepted(id)
        state.answers[key] = answer
        return answer
    }

    /// Carries out what is due, in the order of the accepts.
    private func advance(_ state: inout State) {
        let now = Date().timeIntervalSince1970
        let due = state.open.filter { $0.dueAt <= now }
        guard !due.isEmpty else { return }
        state.open.removeAll { $0.dueAt <= now }
        for (id, _) in due {
            guard var payment = state.payments[id] else { continue }
            self.carryOut(&payment, &state)
            payment.finished = now
            state.payments[id] = payment
        }
    }

    private func carryOut(_ payment: inout Payment, _ state: inout State) {
        payment.status = "failed"
        if case .failFor(let reason) = payment.fault {
            payment.reason = reason
            return
        }
        guard self.faults.isOverdrawing || Self.holding(payment.from, state) >= payment.cents else {
            payment.reason = "insufficient-funds"
            return
        }
        if payment.fault == .failAfterDebit || payment.fault == .giveBack {
            payment.reason = "insufficient-funds"
            Self.enter(payment.from, "debit", -payment.cents, payment.id, &state)
            if payment.fault == .giveBack { Self.enter(payment.from, "return", payment.cents, payment.id, &state) }
            return
        }
        payment.status = "done"
        guard payment.fault != .skip else { return }
        for _ in 0..<(payment.fault == .doubleDebit ? 2 : 1) {
            Self.enter(payment.from, "debit", -payment.cents, payment.id, &state)
        }
        Self.enter(payment.to, "credit", payment.cents - (payment.fault == .leak ? 1 : 0), payment.id, &state)
        guard payment.fault == .ghost else { return }
        let id = Self.nextID(&state)
        Self.enter(payment.from, "debit", -payment.cents, id, &state)
        Self.enter(payment.to, "credit", payment.cents, id, &state)
    }

    private static func enter(_ user: String, _ kind: String, _ cents: Int64, _ id: String?, _ state: inout State) {
        let count = state.accounts[user]?.count ?? 0
        let balance = Self.holding(user, state) + cents
        state.accounts[user, default: []]
            .append(Entry(kind: kind, cents: cents, balance: balance, sequence: count + 1, payment: id))
    }

    private static func holding(_ user: String, _ state: State) -> Int64 { state.accounts[user]?.last?.balance ?? 0 }

    private static func nextID(_ state: inout State) -> String {
        state.ids += 1
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let text = String((0..<10).reversed().map { digits[state.ids >> (5 * $0) & 31] })
        return "s07-01KAJ2PQRSTVWXYZ\(text)"
    }

    /// `"amount":12.5` or `"amount":"12.50"` in cents.
    private static func cents(_ body: String) -> Int64? {
        guard let name = body.range(of: "\"amount\":") else { return nil }
        let rest = body[name.upperBound...].drop { $0 == "\"" }
        return Cents.readLoosely(String(rest.prefix { $0 == "." || $0.isNumber }))
    }

    private static func text(_ body: String, _ name: String) -> String {
        guard let name = body.range(of: "\"\(name)\":\"") else { return "" }
        return String(body[name.upperBound...].prefix { $0 != "\"" })
    }

    static func problem(_ slug: String) -> String { #"{"type":"/problems/\#(slug)","title":"","status":0}"# }
}
