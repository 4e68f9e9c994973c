import Load
import Testing

struct LedgerMachineTests {
    private static func receipt(_ body: String = "a", isReplay: Bool) -> ChangeOutcome {
        .accepted(
            ChangeReceipt(transactionID: "u.1", place: nil, isReplay: isReplay, durability: nil, body: Array(body.utf8))
        )
    }

    /// Sends an add's attempts in any order to a service that keeps its promise, and loses some answers.
    @Test(arguments: 0..<300)
    func `an add of a right service ends after all its sendings, without a complaint`(seed: Int) {
        var random = Seeded(seed)
        let kind = [ChangeRepeat.never, .atOnce, .afterwards][seed % 3]
        var add = ChangeMachine(number: 1, repeat: kind)
        var (sent, answered) = (kind == .atOnce ? 2 : 1, 0)
        var isEntered = false
        while true {
            #expect(answered < sent)
            let outcome: ChangeOutcome
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                // The answer to the original is lost.
                isEntered = isEntered || Bool.random(using: &random)
                outcome = .again(.broken(.closed))
            case 1: outcome = .again(.inProgress)
            default:
                outcome = Self.receipt(isReplay: isEntered)
                isEntered = true
                answered += 1
            }
            let action = add.ended(outcome)
            if case .again = outcome { #expect(action == .sendAgain) }
            if action == .sendRepeat { sent += 1 }
            if action == .finish { break }
        }
        #expect(answered == (kind == .never ? 1 : 2))
        #expect(add.receipt != nil && add.failure == nil && add.mismatch == nil && !add.hasUnexplainedReplay)
    }

    @Test
    func `two originals, two bodies and a replay of nothing are told`() {
        var add = ChangeMachine(number: 1, repeat: .atOnce)
        #expect(add.ended(Self.receipt(isReplay: false)) == .wait)
        #expect(add.ended(Self.receipt(isReplay: false)) == .finish)
        #expect(add.mismatch?.contains("without Idempotent-Replayed") == true)
        add = ChangeMachine(number: 1, repeat: .afterwards)
        #expect(add.ended(Self.receipt(isReplay: false)) == .sendRepeat)
        #expect(add.ended(Self.receipt("b", isReplay: true)) == .finish)
        #expect(add.mismatch == "a then b")
        add = ChangeMachine(number: 1, repeat: .never)
        #expect(add.ended(.again(.inProgress)) == .sendAgain)
        #expect(add.ended(Self.receipt(isReplay: true)) == .finish)
        #expect(add.hasUnexplainedReplay)
    }

    @Test
    func `a failed add is not repeated`() {
        var add = ChangeMachine(number: 1, repeat: .afterwards)
        #expect(add.ended(.failed("no")) == .finish)
        #expect(add.failure == "no")
        #expect(add.receipt == nil)
    }

    @Test
    func `a refused change is not repeated, and never accepted as well`() {
        var change = ChangeMachine(number: 1, repeat: .afterwards)
        #expect(change.ended(.again(.broken(.closed))) == .sendAgain)
        #expect(change.ended(.refused("no")) == .finish)
        #expect(change.refusal == "no" && change.failure == nil && change.mismatch == nil)
        for outcomes in [
            [ChangeOutcome.refused("no"), Self.receipt(isReplay: false)],
            [Self.receipt(isReplay: false), .refused("no")],
        ] {
            var both = ChangeMachine(number: 1, repeat: .atOnce)
            #expect(outcomes.map { both.ended($0) } == [.wait, .finish])
            #expect(both.mismatch == "a and no")
        }
        var twice = ChangeMachine(number: 1, repeat: .atOnce)
        #expect([twice.ended(.refused("no")), twice.ended(.refused("no"))] == [.wait, .finish])
        #expect(twice.mismatch == nil)
    }

    /// Whatever happens on a connection, each request sent on it ends exactly once.
    @Test(arguments: 0..<300)
    func `every request sent ends once`(seed: Int) {
        var random = Seeded(seed)
        var machine = ExchangeMachine(bodyLimit: 10)
        var (sent, ended, isClosed) = (0, 0, false)
        for step in 0..<60 {
            var isClosing = false
            switch Int.random(in: 0...20, using: &random) {
            case 0...6:
                let isSent = machine.send(at: Int64(step))
                #expect(isSent == (sent == ended && !isClosed))
                if isSent { sent += 1 }
            case 7...11:
                let answer = ExchangeAnswer(status: 200, isKeepingAlive: Int.random(in: 0..<8, using: &random) > 0)
                isClosing = machine.headRead(answer) != .wait
            case 12...15: isClosing = machine.bodyRead("abc".utf8) != .wait
            case 16...19:
                switch machine.ended() {
                case .deliver: ended += 1
                case .deliverAndClose: (ended, isClosed) = (ended + 1, true)
                case .close: isClosing = true
                }
            default: isClosing = true
            }
            guard isClosing else { continue }
            if machine.close() { ended += 1 }
            isClosed = true
            #expect(!machine.isIdle)
        }
        if machine.close() { ended += 1 }
        let isAgain = machine.close()
        #expect(!isAgain)
        #expect(ended == sent)
    }

    @Test
    func `a body is collected up to its limit, and an answer is overdue after its time`() {
        var machine = ExchangeMachine(bodyLimit: 4)
        #expect(!machine.isWaiting(sinceBefore: .max))
        let isSent = machine.send(at: 100)
        #expect(isSent)
        #expect(!machine.isWaiting(sinceBefore: 100) && machine.isWaiting(sinceBefore: 101))
        #expect(machine.headRead(ExchangeAnswer(status: 200, isKeepingAlive: true)) == .wait)
        #expect(machine.bodyRead("ab".utf8) == .wait)
        #expect(machine.bodyRead("cd".utf8) == .wait)
        #expect(machine.bodyRead("e".utf8) == .close(.tooLarge))
        guard case .deliver(let answer) = machine.ended() else {
            Issue.record("no answer")
            return
        }
        #expect(answer.body == Array("abcd".utf8))
    }
}
