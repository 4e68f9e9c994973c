/// Giving signed transactions to a node.
extension ChainClient {
    /// Sends signed transactions, `0x…` each, in the order of their nonces, and says what became of each.
    ///
    /// They go to one node, in batches, one after the other. A batch that leaves a gap of nonces, since one of its
    /// transactions was not taken, is the last one that is sent. With ``RPCConfiguration/broadcastsToAll`` the other
    /// nodes get them too.
    package func submit(_ raws: [String]) async -> [SubmitOutcome] {
        var outcomes: [SubmitOutcome] = []
        let all = raws.map { RPCRequest.send($0) }
        while outcomes.count < all.count {
            let first = self.nodes.choose(of: self.chain, isSending: true)
            let requests = self.part(all, from: outcomes.count, isSending: true)
            async let others: Void = self.broadcastIfWanted(requests, except: first)
            let result = await self.submitPart(requests)
            await others
            outcomes += result
            guard result.count == requests.count, result.allSatisfy(Self.leavesNoGap) else { break }
        }
        // A transaction that was not sent has an outcome too.
        while outcomes.count < raws.count { outcomes.append(.notSent(.notReached)) }
        return outcomes
    }

    private func submitPart(_ requests: [RPCRequest]) async -> [SubmitOutcome] {
        do throws(NodeError) {
            let answered = try await self.nodes.call(requests, of: self.chain, isSending: true) { answers in
                !answers.allSatisfy { Self.leavesNoGap(SubmitOutcome($0)) }
            }
            return answered.answers.map { SubmitOutcome($0) }
        } catch {
            return requests.map { _ in SubmitOutcome(error) }
        }
    }

    private func broadcastIfWanted(_ requests: [RPCRequest], except first: Int?) async {
        guard self.nodes.configuration.broadcastsToAll else { return }
        await self.nodes.broadcast(requests, of: self.chain, except: first)
    }

    /// Whether the transactions that follow can be mined after this one, as far as anybody can tell.
    private static func leavesNoGap(_ outcome: SubmitOutcome) -> Bool {
        switch outcome {
        case .accepted, .alreadyKnown, .nonceTooLow, .underpriced: true
        case .nonceTooHigh, .feeTooLow, .feeCapExceeded, .insufficientFunds, .gasTooLow, .wrongChain, .notAuthorised,
            .poolFull, .rateLimited, .rejected, .unknown, .notSent:
            false
        }
    }
}
