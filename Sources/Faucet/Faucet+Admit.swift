import Coordination
import Ethereum
import RESP
import Redis

/// A request that was taken.
package struct Admission: Hashable, Sendable {
    package let id: String
    /// Whether an earlier request with the same key made it.
    package let isReplay: Bool
    /// `nil` for a replay, whose record tells.
    package let nonce: UInt64?
}

extension Faucet {
    /// A lane that has looked at its chain within this time is alive.
    private static let fresh = Duration.seconds(20)

    /// A new id.
    package func makeID() throws(FaucetError) -> String {
        guard let now = self.clock.now else { throw .store(.notSent(.notConnected)) }
        return OperationID.make(at: now.milliseconds)
    }

    /// Makes a distribution under `id`, once for each idempotency key: from then on it has its nonce for good.
    ///
    /// One round trip and one script, safe to repeat with the same id.
    package func admit(_ order: DistributionOrder, as id: String) async throws(FaucetError) -> Admission {
        switch self.guardian.verdict {
        case .unknown: throw .store(.notSent(.notConnected))
        case .broken where !self.servesUnsafeStore: throw .storeUnsafe
        case .broken, .kept: break
        }
        let reply = try await self.step("admit", self.admitCall(order, id))
        guard let words = reply.array, let word = words.first?.string else { throw .storeInconsistent }
        switch word {
        case "new", "replayed":
            guard words.count >= 2, let known = words[1].string, OperationID.isValid(known) else {
                throw .storeInconsistent
            }
            let nonce = words.count == 3 ? words[2].string.flatMap { UInt64($0) } : nil
            // A call that was repeated because its reply was lost finds its own distribution.
            return Admission(id: known, isReplay: known != id, nonce: nonce)
        case "mismatch": throw .idempotencyKeyReused
        case "own": throw .addressForbidden
        case "cooldown", "day": throw .rateLimited(seconds: Int(words.last?.integerValue ?? 1))
        case "absent": throw .notReady
        case "paused": throw .paused
        case "full": throw .queueFull
        case "poor": throw .insufficientFunds
        default: throw .storeInconsistent
        }
    }

    private func admitCall(_ order: DistributionOrder, _ id: String) -> RedisScriptCall {
        let claim = order.claim
        let configuration = self.configuration
        return RedisScriptCall(
            .faucetAdmit,
            keys: [
                FaucetKeys.idempotency(digest: claim?.digest ?? "none"), FaucetKeys.distribution(id),
                FaucetKeys.list(order.address), FaucetKeys.era, FaucetKeys.senders, FaucetKeys.wakes,
                FaucetKeys.cooldown(order.address), FaucetKeys.day, FaucetKeys.nonces, FaucetKeys.lanes,
                FaucetKeys.open, FaucetKeys.bound,
            ],
            arguments: [
                .text(id), .text(order.address.lowercased), .text(configuration.amountText),
                .text(claim?.request ?? ""), .text(claim?.fingerprint ?? "0"),
                .integer(configuration.idempotencyKeepMilliseconds), .integer(configuration.queueLimit),
                .integer(Int(configuration.cooldown / .milliseconds(1))), .integer(configuration.dayLimit),
                .text(order.requestID), .text(claim?.digest ?? id), .integer(configuration.keepMilliseconds),
                .integer(Int(Self.fresh / .milliseconds(1))),
            ]
        )
    }
}
