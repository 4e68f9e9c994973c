package import EthereumRPC

/// The meaning of a node's words for a lane.
extension LaneMachine {
    /// Why a batch did not go on behind an item; `nil` when it did.
    package static func reason(_ outcome: SubmitOutcome) -> Waiting.Reason? {
        switch outcome {
        case .accepted, .alreadyKnown, .nonceTooLow, .underpriced: nil
        case .nonceTooHigh: .nonceTooHigh
        case .feeTooLow: .feeTooLow
        case .feeCapExceeded: .feeCapExceeded
        case .insufficientFunds: .insufficientFunds
        case .gasTooLow: .gasTooLow
        case .wrongChain: .wrongChain
        case .notAuthorised: .notAuthorised
        case .poolFull: .poolFull
        case .rateLimited: .nodeRateLimited
        case .rejected: .rejected
        case .unknown: .nodeOutcomeUnknown
        case .notSent: .nodeUnreachable
        }
    }

    /// The outcomes of a batch, as the node means them.
    ///
    /// geth calls "underpriced" whatever its full pool has no room for. Where it has taken the same price for a nonce
    /// before, paying more would only help others.
    package func judged(_ batch: [LaneItem], _ outcomes: [SubmitOutcome]) -> [SubmitOutcome] {
        guard outcomes.contains(.feeTooLow(nil)) else { return outcomes }
        var isInPool: [Fee] = self.items.filter { $0.lastSent != nil && $0.state != .mined }.compactMap(\.fee)
        return zip(batch, outcomes).map { item, outcome in
            switch outcome {
            case .accepted, .alreadyKnown:
                if let fee = item.fee { isInPool.append(fee) }
                return outcome
            case .feeTooLow(nil):
                guard let fee = item.fee, isInPool.contains(where: { $0.isAtMost(fee) }) else { return outcome }
                return .poolFull
            case .feeTooLow, .nonceTooLow, .nonceTooHigh, .underpriced, .feeCapExceeded, .insufficientFunds, .gasTooLow,
                .wrongChain, .notAuthorised, .poolFull, .rateLimited, .rejected, .unknown, .notSent:
                return outcome
            }
        }
    }
}
