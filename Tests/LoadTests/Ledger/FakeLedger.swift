import Foundation
import Load
import Synchronization

/// The faults of a ``FakeLedger``.
struct LedgerFaults: Sendable {
    enum Fault: Hashable, Sendable {
        /// Enters the add twice.
        case double
        /// Answers as if it were entered.
        case lose
        /// Answers 503, after entering it or not.
        case unavailable(enters: Bool)
        case inProgress
        /// Enters it, and closes the connection without an answer.
        case close
        /// Enters it, and closes in the middle of the answer.
        case halfAnswer
        /// Enters it, and never answers.
        case silence
        case status(Int)
        case body(String)
        case entityTag(String)
        /// Queues it: entered when somebody asks for the balance, or never.
        case queue(enters: Bool)
        /// Says that it is a replay, though it is not.
        case markedReplay
    }

    enum Replays: Sendable {
        case right
        /// With another body than the first answer.
        case changed
        /// Without saying that they are replays.
        case hidden
        /// Entered again.
        case forgotten
    }

    /// Every so-many-th request for an add that is not entered yet ends like this.
    var every: (Int, Fault)?
    var replays = Replays.right
    /// Questions are answered with 503 every so often.
    var unavailableQuestions = 0
    /// Changes of what is told of an account.
    var rewrites: [@Sendable (_ path: String, _ body: String) -> String] = []
    var durability = "local"
}

/// A ledger that keeps its promise, in one process; or nearly so.
final class FakeLedger: Sendable {
    struct Entry: Hashable, Sendable {
        let id: String
        let cents: Int64
        let balance: Int64
        let sequence: Int
    }

    private struct State {
        var accounts: [String: [Entry]] = [:]
        var answers: [String: FakeLedgerAnswer] = [:]
        var queue: [(user: String, id: String, cents: Int64)] = []
        var adds = 0
        var questions = 0
        var preferred: Set<String> = []
        var numbers = 0
        var texts = 0
    }

    private let faults: LedgerFaults
    private let state = Mutex(State())

    init(_ faults: LedgerFaults) { self.faults = faults }

    var entries: [String: [Entry]] { self.state.withLock { $0.accounts } }

    var keys: [String] { self.state.withLock { $0.answers.keys.sorted() } }

    /// The durabilities that adds asked for with `Prefer`, and how often an amount was a number and a text.
    var asked: (preferred: Set<String>, numbers: Int, texts: Int) {
        self.state.withLock { ($0.preferred, $0.numbers, $0.texts) }
    }

    /// The answer to a request; nil is silence.
    func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer? {
        let parts = request.path.split(separator: "/")
        if parts.first == "users", parts.count == 3, parts[2] == "add" {
            return request.method == "POST" ? self.add(String(parts[1]), request) : FakeLedgerAnswer(405, "{}")
        }
        var answer = self.state.withLock { state -> FakeLedgerAnswer in
            state.questions += 1
            if self.faults.unavailableQuestions > 0, state.questions.isMultiple(of: self.faults.unavailableQuestions) {
                return FakeLedgerAnswer(503, Self.problem("dependency-unavailable"))
            }
            return Self.question(parts.map(String.init), request, &state)
        }
        for rewrite in self.faults.rewrites { answer.body = rewrite(request.path, answer.body ?? "") }
        return answer
    }

    private func add(_ user: String, _ request: FakeLedgerRequest) -> FakeLedgerAnswer? {
        guard let key = request.headers["idempotency-key"], request.headers["content-type"] == "application/json",
            let cents = Self.cents(request.body)
        else { return FakeLedgerAnswer(400, Self.problem("amount-invalid")) }
        return self.state.withLock { state in
            if let preferred = request.headers["prefer"] { state.preferred.insert(preferred) }
            if request.body.contains(":\"") { state.texts += 1 } else { state.numbers += 1 }
            let place = "\(user) \(key)"
            if var answer = state.answers[place], self.faults.replays != .forgotten {
                if self.faults.replays != .hidden { answer.headers["Idempotent-Replayed"] = "true" }
                if self.faults.replays == .changed { answer.body?.append(" ") }
                return answer
            }
            state.adds += 1
            guard let (every, fault) = self.faults.every, state.adds.isMultiple(of: every) else {
                return self.enter(place, user, cents, &state)
            }
            return self.fail(fault, place, user, cents, &state)
        }
    }

    private func enter(_ place: String, _ user: String, _ cents: Int64, _ state: inout State) -> FakeLedgerAnswer {
        let entry = Self.append(user, id: nil, cents, &state)
        let answer = self.answer(user, entry)
        state.answers[place] = answer
        return answer
    }

    private func answer(_ user: String, _ entry: Entry) -> FakeLedgerAnswer {
        var answer = FakeLedgerAnswer(
            200,
            #"{"message":"","transaction_id":"\#(entry.id)","user_id":"\#(user)","#
                + #""amount":"\#(Cents.text(entry.cents))","balance":"\#(Cents.text(entry.balance))","#
                + #""currency":"USD","sequence":\#(entry.sequence)}"#
        )
        answer.headers = ["ETag": "\"\(user)@\(entry.sequence)\"", "Durability": self.faults.durability]
        return answer
    }

    private func fail(
        _ fault: LedgerFaults.Fault,
        _ place: String,
        _ user: String,
        _ cents: Int64,
        _ state: inout State
    ) -> FakeLedgerAnswer? {
        switch fault {
        case .lose:
            let last = state.accounts[user]?.last
            let sequence = (last?.sequence ?? 0) + 1
            let balance = (last?.balance ?? 0) + cents
            return self.answer(
                user,
                Entry(id: "\(user).\(sequence)", cents: cents, balance: balance, sequence: sequence)
            )
        case .unavailable(enters: false): return FakeLedgerAnswer(503, Self.problem("account-busy"))
        case .inProgress: return FakeLedgerAnswer(409, Self.problem("idempotency-in-progress"))
        case .status(let status): return FakeLedgerAnswer(status, Self.problem("some-problem"))
        case .queue(let enters):
            let id = "\(user).Q\(state.adds)"
            if enters { state.queue.append((user, id, cents)) }
            var answer = FakeLedgerAnswer(202, #"{"transaction_id":"\#(id)","user_id":"\#(user)","status":"queued"}"#)
            answer.headers = ["Location": "/transactions/\(id)"]
            state.answers[place] = answer
            return answer
        case .double, .unavailable, .close, .halfAnswer, .silence, .body, .entityTag, .markedReplay: break
        }
        var answer = self.enter(place, user, cents, &state)
        switch fault {
        case .double: _ = Self.append(user, id: nil, cents, &state)
        case .unavailable: answer = FakeLedgerAnswer(503, Self.problem("applied-not-durable"))
        case .close: answer.body = nil
        case .halfAnswer: answer.isCut = true
        case .silence: return nil
        case .body(let body): answer.body = body
        case .entityTag(let tag): answer.headers["ETag"] = tag
        case .markedReplay: answer.headers["Idempotent-Replayed"] = "true"
        case .lose, .inProgress, .status, .queue: break
        }
        return answer
    }

    private static func append(_ user: String, id: String?, _ cents: Int64, _ state: inout State) -> Entry {
        let last = state.accounts[user]?.last
        let sequence = (last?.sequence ?? 0) + 1
        let entry = Entry(
            id: id ?? "\(user).\(sequence)",
            cents: cents,
            balance: (last?.balance ?? 0) + cents,
            sequence: sequence
        )
        state.accounts[user, default: []].append(entry)
        return entry
    }

    /// `{"amount":12.5}` or `{"amount":"12.50"}` in cents.
    private static func cents(_ body: String) -> Int64? {
        guard let match = body.wholeMatch(of: #/\{"amount":"?(\d+)(?:\.(\d\d?))?"?\}/#) else { return nil }
        let fraction = match.2.map { $0.count == 1 ? "\($0)0" : "\($0)" } ?? "00"
        return Int64("\(match.1)\(fraction)")
    }

    private static func question(
        _ parts: [String],
        _ request: FakeLedgerRequest,
        _ state: inout State
    ) -> FakeLedgerAnswer {
        guard parts.count >= 2 else { return FakeLedgerAnswer(404, "{}") }
        if parts[0] == "transactions" { return Self.transaction(parts[1], state) }
        let user = parts[1]
        let entries = state.accounts[user] ?? []
        switch parts.last {
        case "balance":
            // One more is entered each time, after this answer.
            defer {
                if let index = state.queue.firstIndex(where: { $0.user == user }) {
                    let queued = state.queue.remove(at: index)
                    _ = Self.append(user, id: queued.id, queued.cents, &state)
                }
            }
            let balance = Cents.text(entries.last?.balance ?? 0)
            return FakeLedgerAnswer(
                200,
                #"{"message":"","user_id":"\#(user)","balance":"\#(balance)","sequence":\#(entries.count)}"#
            )
        case "history": return Self.history(user, Int(request.query["page"] ?? "") ?? 0, entries)
        case "statement":
            let border = #""balance":"\#(Cents.text(entries.last?.balance ?? 0))","sequence":\#(entries.count)}"#
            let lines = entries.map { #"{"record":"entry",\#(Self.members($0))}"# }
            let all =
                [#"{"record":"opening","balance":"0.00","sequence":0}"#] + lines + [#"{"record":"closing",\#(border)"#]
            return FakeLedgerAnswer(200, all.map { $0 + "\n" }.joined())
        default: return FakeLedgerAnswer(404, "{}")
        }
    }

    private static func history(_ user: String, _ page: Int, _ entries: [Entry]) -> FakeLedgerAnswer {
        let shown = entries.reversed().dropFirst((page - 1) * 10).prefix(10).map { "{\(Self.members($0))}" }
        let next =
            page * 10 < entries.count ? #""/users/\#(user)/history?page=\#(page + 1)&as_of=\#(entries.count)""# : "null"
        return FakeLedgerAnswer(
            200,
            #"{"user_id":"\#(user)","page":\#(page),"page_size":10,"total":\#(entries.count),"#
                + #""as_of":\#(entries.count),"transactions":[\#(shown.joined(separator: ","))],"next":\#(next)}"#
        )
    }

    private static func transaction(_ id: String, _ state: State) -> FakeLedgerAnswer {
        let entry = state.accounts.values.joined().first { $0.id == id }
        guard let entry else { return FakeLedgerAnswer(404, Self.problem("transaction-unknown")) }
        return FakeLedgerAnswer(
            200,
            #"{"transaction_id":"\#(id)","status":"done","amount":"\#(Cents.text(entry.cents))"}"#
        )
    }

    private static func members(_ entry: Entry) -> String {
        #""transaction_id":"\#(entry.id)","amount":"\#(Cents.text(entry.cents))","#
            + #""balance":"\#(Cents.text(entry.balance))","kind":"add","sequence":\#(entry.sequence)"#
    }

    private static func problem(_ slug: String) -> String { #"{"type":"/problems/\#(slug)","title":"","status":0}"# }
}
