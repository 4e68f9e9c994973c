package import Coordination
import Ledger
import RESP
import Redis

/// The result of a request that makes, cancels or reverses a payment.
package struct PaymentResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case accepted(PaymentID)
        case cancelled
        /// A refusal that belongs to the request and not to the moment: it is kept under the idempotency key, with the
        /// request that was refused first.
        case refused(PaymentsError, requestID: String)
    }

    package let outcome: Outcome
    /// Whether the answer is an earlier one.
    package let isReplay: Bool
    package let durability: Durability
    package let replicas: Int
}

extension Payments {
    /// Longest time that a payment may be made to wait.
    static let longestDelay: Int64 = 366 * 86_400_000

    /// Makes a payment that is pending, once for each idempotency key.
    ///
    /// One round trip and one script; three between the shards of a Cluster with a key.
    package func accept(_ order: PaymentOrder, _ durability: Durability) async throws(PaymentsError) -> PaymentResult {
        guard let now = self.clock.now?.milliseconds else { throw .ledger(.store(.notSent(.notConnected))) }
        if let time = order.notBefore, time.milliseconds > now + Self.longestDelay { throw .notBeforeInvalid }
        guard let result = try await self.accept(order, PaymentID.make(order.from.shard, at: now), durability) else {
            throw .ledger(.storeInconsistent)
        }
        return result
    }

    /// Makes the payment that takes back one that is done; at most one such does not fail.
    ///
    /// Two round trips and one more for each reversal that failed; between the shards of a Cluster two more.
    package func reverse(
        _ id: PaymentID,
        caller: String,
        key: String?,
        requestID: String,
        _ durability: Durability
    ) async throws(PaymentsError) -> PaymentResult {
        guard let original = try await self.payment(id) else { throw .paymentUnknown }
        var order = PaymentOrder(from: original.to, to: original.from, amount: original.amount)
        order.reverses = id
        order.requestID = requestID
        order.claim = key.map { order.claim(caller: caller, key: $0, path: "/payments/\(id.text)/reverse") }
        // Its reversal's record may be gone once its own could be: a setting may have been another then.
        let isRecent = original.finished.flatMap { finished in
            self.clock.now.map { finished.advanced(byMilliseconds: Int64(self.configuration.keepMilliseconds)) > $0 }
        }
        guard original.state == .done, original.reverses == nil, isRecent ?? false else {
            return try await self.refuse(.notReversible, "payment-not-reversible -", order, durability)
        }
        for number in 1...PaymentID.reversalLimit {
            let reversal = id.reversal(order.from.shard, number: number)
            if let result = try await self.accept(order, reversal, durability) { return result }
            // It was there before. A reversal that has failed stays so, and may be tried anew under the next number.
            guard let other = try await self.payment(reversal) else { throw .ledger(await self.ledger.missing()) }
            guard other.state.isTerminal, other.state != .done else {
                return try await self.refuse(
                    .alreadyReversed(by: reversal),
                    "payment-already-reversed \(reversal.text)",
                    order,
                    durability
                )
            }
        }
        throw .notReversible
    }

    /// `nil` when another request has made a payment of this id.
    private func accept(
        _ order: PaymentOrder,
        _ id: PaymentID,
        _ durability: Durability
    ) async throws(PaymentsError) -> PaymentResult? {
        try self.demandSafeStore()
        guard !self.isWhole, let claim = order.claim else {
            let commit = try await self.step("accept", self.acceptCall(order, id, order.claim), durability)
            // Claimed in a script of its own, before the setting was another.
            if let claim = order.claim, Self.claimedID(commit.reply) != nil {
                return try await self.acceptSplit(order, id, claim, durability)
            }
            return try self.result(commit)
        }
        return try await self.acceptSplit(order, id, claim, durability)
    }

    /// The key's shard remembers the id before there is a payment, and the answer once there is one: whoever repeats
    /// the request goes on with the same id.
    private func acceptSplit(
        _ order: PaymentOrder,
        _ id: PaymentID,
        _ claim: IdempotencyClaim,
        _ durability: Durability
    ) async throws(PaymentsError) -> PaymentResult? {
        let note = self.note(claim)
        var own = id
        let claimed = try await self.step("claim", note.call(status: 0, outcome: "claimed \(id.text)"), durability)
        guard let known = Self.claimedID(claimed.reply) else { return try self.result(claimed) }
        own = known
        var made = try await self.step("accept", self.acceptCall(order, own, nil), durability)
        if Self.isAnothers(made.reply, order), own != id {
            // An earlier try of this request wanted an id that another request has.
            let call = note.call(status: 0, outcome: "claimed \(id.text)", settles: true)
            _ = try await self.step("claim", call, durability)
            own = id
            made = try await self.step("accept", self.acceptCall(order, own, nil), durability)
        }
        if Self.isAnothers(made.reply, order) { return nil }
        if made.reply.array?.first?.string != "exists" {
            do { _ = try self.result(made) } catch {
                // Refused for the moment: nothing was done, and the key is free again.
                _ = try? await self.step("forget", note.forgetCall(outcome: "claimed \(own.text)"), durability)
                throw error
            }
        }
        let call = note.call(status: 202, outcome: "accepted \(own.text)", settles: true)
        return try self.result(try await self.step("settle", call, durability))
    }

    /// Whether there is a payment of this id that another request has made.
    private static func isAnothers(_ reply: RESPValue, _ order: PaymentOrder) -> Bool {
        reply.array?.first?.string == "exists" && reply.array?.last?.string != Self.claimant(order)
    }

    /// Keeps a refusal under the request's key, when it has one.
    private func refuse(
        _ error: PaymentsError,
        _ words: String,
        _ order: PaymentOrder,
        _ durability: Durability
    ) async throws(PaymentsError) -> PaymentResult {
        guard let claim = order.claim else { throw error }
        try self.demandSafeStore()
        let call = self.note(claim).call(
            status: 409,
            outcome: "refused \(words) \(order.requestID.isEmpty ? "-" : order.requestID)",
            settles: true
        )
        guard let result = try self.result(try await self.step("refuse", call, durability)) else {
            throw .ledger(.storeInconsistent)
        }
        return result
    }

    // MARK: Calls

    /// A key's records lie in a shard of the key's own: its request may name any payer.
    private func note(_ claim: IdempotencyClaim) -> IdempotencyNote {
        IdempotencyNote(claim, in: Shard(ofUser: claim.digest), keep: self.configuration.idempotencyKeep)
    }

    private static func claimant(_ order: PaymentOrder) -> String { order.claim?.digest ?? order.requestID }

    func acceptCall(_ order: PaymentOrder, _ id: PaymentID, _ claim: IdempotencyClaim?) -> RedisScriptCall {
        let home = id.home
        let records = ShardKeys.idempotency(
            claim.map { Shard(ofUser: $0.digest) } ?? home,
            digest: claim?.digest ?? "none"
        )
        return RedisScriptCall(
            .paymentsAccept,
            keys: [
                records, PaymentKeys.payment(home, id: id.text), LedgerKeys.waiters(order.from), PaymentKeys.open(home),
                ShardKeys.work(home), PaymentKeys.events(home), PaymentKeys.list(order.from), ShardKeys.woken(home),
            ],
            arguments: [
                .text(id.text), .text(claim?.request ?? ""), .text(claim?.fingerprint ?? "0"),
                .integer(self.configuration.idempotencyKeepMilliseconds), .integer(self.configuration.queueLimit),
                .integer(self.configuration.accountLimit), .integer(self.configuration.lookMilliseconds),
                .integer(self.configuration.keepMilliseconds), .text(order.requestID), .text(Self.claimant(order)),
            ] + order.fields.flatMap { [RedisArgument.text($0.name), .text($0.value)] },
            spansTags: true
        )
    }

    // MARK: What scripts say

    /// The id of an earlier try that has no answer yet.
    private static func claimedID(_ reply: RESPValue) -> PaymentID? {
        guard let words = reply.array?.last?.string?.split(separator: " "), words.count == 2, words[0] == "claimed"
        else {
            return nil
        }
        return PaymentID(words[1])
    }

    /// Reads `{"new" or "replayed", outcome}`; `nil` when the payment was there before.
    func result(_ commit: Commit<RESPValue>) throws(PaymentsError) -> PaymentResult? {
        let words = commit.reply.array?.map { $0.string ?? "" } ?? []
        switch words.first {
        case "exists": return nil
        case "mismatch": throw .ledger(.idempotencyKeyReused)
        case "full": throw .queueFull
        case "busy": throw .ledger(.accountBusy)
        case "gone": throw .paymentUnknown
        case "new", "replayed": break
        default: throw .ledger(.storeInconsistent)
        }
        guard words.count == 2, let outcome = Self.outcome(words[1]) else { throw .ledger(.storeInconsistent) }
        return PaymentResult(
            outcome: outcome,
            isReplay: words[0] == "replayed",
            durability: commit.durability,
            replicas: commit.replicas
        )
    }

    private static func outcome(_ text: String) -> PaymentResult.Outcome? {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("accepted", 2): return PaymentID(words[1]).map { .accepted($0) }
        case ("cancelled", 1): return .cancelled
        case ("refused", 4):
            switch words[1] {
            case "payment-not-pending":
                return Payment.State(rawValue: words[2]).map {
                    .refused(.notPending(status: $0.status), requestID: words[3])
                }
            case "payment-not-reversible": return .refused(.notReversible, requestID: words[3])
            case "payment-already-reversed":
                return PaymentID(words[2]).map { .refused(.alreadyReversed(by: $0), requestID: words[3]) }
            default: return nil
            }
        default: return nil
        }
    }
}
