/// The life of one change: sent once or twice, each until it is answered for good, and its answers compared.
///
///     first ──accepted──▶ repeat ──accepted──▶ over
///       ├──── accepted (no repeat, or both at once) ──▶ over
///       └──── refused, failed, lost ─────────────────▶ over
///
/// `again` changes no state: the attempt is sent once more. Of all answers that accept it, all have one body, and all
/// but one say that they are replays. A change that was refused is never accepted, nor the other way round.
package struct ChangeMachine: Sendable {
    package let number: Int
    private var isRepeatOwed: Bool
    /// Sendings that are not answered for good.
    private var awaited: Int
    /// The first answer that accepted it.
    package private(set) var receipt: ChangeReceipt?
    package private(set) var failure: String?
    /// Why the service refused it.
    package private(set) var refusal: String?
    /// Why nobody knows whether it happened.
    package private(set) var loss: ChangeOutcome.Doubt?
    /// How two answers differ.
    package private(set) var mismatch: String?
    private var originals = 0
    private var mayHaveLostAnswer = false

    package init(number: Int, repeat: ChangeRepeat) {
        self.number = number
        self.isRepeatOwed = `repeat` == .afterwards
        self.awaited = `repeat` == .atOnce ? 2 : 1
    }

    package enum Action: Hashable, Sendable {
        case sendAgain
        /// Begin the deliberate repeat.
        case sendRepeat
        case wait
        case finish
    }

    /// Takes the end of an attempt.
    package mutating func ended(_ outcome: ChangeOutcome) -> Action {
        switch outcome {
        case .again(let doubt):
            if doubt.mayHaveHappened { self.mayHaveLostAnswer = true }
            return .sendAgain
        case .accepted(let receipt): self.take(receipt)
        case .failed(let reason):
            self.failure = self.failure ?? reason
            self.isRepeatOwed = false
        case .lost(let doubt):
            self.loss = self.loss ?? doubt
            self.isRepeatOwed = false
        case .refused(let reason):
            self.refusal = self.refusal ?? reason
            self.isRepeatOwed = false
        }
        if let receipt = self.receipt, let refusal = self.refusal, self.mismatch == nil {
            self.mismatch = "\(Self.text(receipt.body)) and \(refusal)"
        }
        if self.isRepeatOwed {
            self.isRepeatOwed = false
            return .sendRepeat
        }
        self.awaited -= 1
        return self.awaited == 0 ? .finish : .wait
    }

    private mutating func take(_ receipt: ChangeReceipt) {
        if !receipt.isReplay { self.originals += 1 }
        if self.originals > 1 && self.mismatch == nil {
            self.mismatch = "two answers without Idempotent-Replayed: \(Self.text(receipt.body))"
        }
        guard let first = self.receipt else {
            self.receipt = receipt
            return
        }
        guard first.body != receipt.body, self.mismatch == nil else { return }
        self.mismatch = "\(Self.text(first.body)) then \(Self.text(receipt.body))"
    }

    /// Whether each answer said it was a replay, though no answer can have been lost.
    package var hasUnexplainedReplay: Bool {
        self.receipt != nil && self.originals == 0 && !self.mayHaveLostAnswer && self.failure == nil
    }

    private static func text(_ body: [UInt8]) -> String { String(decoding: body.prefix(300), as: UTF8.self) }
}
