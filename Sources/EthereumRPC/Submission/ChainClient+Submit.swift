/// Giving signed transactions to a node.
extension ChainClient {
    /// Sends signed transactions, `0x…` each, in the order of their nonces, and says what became of each.
    ///
    /// They go to one node, in batches, one after the other. A batch that leaves a gap of nonces, since one of its
    /// transactions was not taken, is the last one that is sent. With ``RPCConfiguration/broadcastsToAll`` the other
    /// nodes get them too.
    package func submit(_ raws: [String]) async -> [SubmitOutcome] {
        var outcomes: [SubmitOutcome] = []
        for part in self.parts(raws) {
            let first = self.nodes.choose(of: self.chain, isSending: true)
            let requests = part.map { RPCRequest.send($0) }
            async let others: Void = self.broadcastIfWanted(requests, except: first)
            let result = await self.submitPart(requests)
            await others
            outcomes += result
            guard result.allSatisfy(Self.leavesNoGap) else { break }
        }
        // What was not sent is there too.
        while outcomes.count < raws.count { outcomes.append(.notSent(.notReached)) }
        return outcomes
    }

    private func submitPart(_ requests: [RPCRequest]) async -> [SubmitOutcome] {
        do throws(RPCError) {
            return try await self.call(requests, isSending: true).map { SubmitOutcome($0) }
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
