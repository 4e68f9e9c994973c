package import Coordination
import Ledger
import Redis

extension Payments {
    /// Cancels a payment that is pending; a cancelled one stays so.
    ///
    /// One round trip, of payments that are split two more.
    package func cancel(
        _ id: PaymentID,
        caller: String,
        key: String?,
        requestID: String,
        _ durability: Durability
    ) async throws(PaymentsError) -> PaymentResult {
        try self.demandSafeStore()
        guard let payment = try await self.payment(id) else { throw .paymentUnknown }
        let claim = key.map {
            IdempotencyClaim(
                caller: caller,
                key: $0,
                method: "POST",
                path: "/payments/\(id.text)/cancel",
                canonical: ""
            )
        }
        let parties = PaymentParties(payment)
        let call = RedisScriptCall(
            .paymentsCancel,
            keys: [
                PaymentKeys.payment(id.home, id: id.text), PaymentKeys.open(id.home), PaymentKeys.dead(id.home),
                PaymentKeys.events(id.home), PaymentKeys.outbox(id.home),
                ShardKeys.idempotency(id.home, digest: claim?.digest ?? "none"),
            ] + PaymentSide.queue(of: parties.from) + (self.isWhole ? PaymentSide.queue(of: parties.to) : []),
            arguments: [
                .text(id.text), .integer(self.configuration.keepMilliseconds), .text(claim?.request ?? ""),
                .text(claim?.fingerprint ?? "0"), .integer(self.configuration.idempotencyKeepMilliseconds),
                .text(requestID.isEmpty ? "-" : requestID), .integer(self.configuration.lookMilliseconds),
            ],
            spansTags: true
        )
        let commit = try await self.step("cancel", call, durability)
        guard let result = try self.result(commit) else { throw .ledger(.storeInconsistent) }
        // A sweeper removes what is left in the payee's shard, should this fail.
        if !self.isWhole, case .cancelled = result.outcome { try? await self.leave(parties) }
        return result
    }
}
