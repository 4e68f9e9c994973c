import Coordination
import Ethereum
import Hummingbird
import Timing
import Web

extension FaucetRoutes {
    /// Longest time that a client may wait for a distribution to end.
    private static let longestWait = 30

    func look(_ context: WebRequestContext) async throws -> Response {
        let id = context.parameters.get("id") ?? ""
        guard OperationID.isValid(id) else { throw FaucetError.idInvalid }
        guard let seconds = Self.number(context.query["wait"] ?? "0"), (0...Self.longestWait).contains(seconds) else {
            throw Problem.parameterInvalid("'wait' is a whole number of seconds from 0 to \(Self.longestWait).")
        }
        var distribution = try await self.known(id)
        if seconds > 0, !distribution.state.isTerminal {
            distribution = try await self.ended(id, within: .seconds(seconds), for: context.caller)
        }
        let waiting = try await self.faucet.waiting([distribution])
        return Response(json: DistributionJSON.distribution(distribution, waiting: waiting[id]))
    }

    /// The distribution once it is over, or as it is after that time.
    private func ended(
        _ id: String,
        within limit: Duration,
        for caller: Caller
    ) async throws(FaucetError) -> Distribution {
        let end = LoopClock().now.advanced(by: limit)
        let watcher = try self.watch.join(id, for: caller)
        defer { self.watch.leave(watcher) }
        while true {
            let distribution = try await self.known(id)
            let left = LoopClock().now.duration(to: end)
            guard !distribution.state.isTerminal, left > .zero, !self.drain.isDraining, !Task.isCancelled else {
                return distribution
            }
            let looked = LoopClock().now
            // News may be lost: now and then everybody looks.
            while await watcher.wait() == nil, looked.duration(to: LoopClock().now) < Self.pause,
                LoopClock().now < end, !self.drain.isDraining, !Task.isCancelled
            {}
        }
    }

    private func known(_ id: String) async throws(FaucetError) -> Distribution {
        guard let distribution = try await self.faucet.distribution(id), !distribution.isFiller else {
            throw .distributionUnknown
        }
        return distribution
    }

    func list(_ query: QueryParameters) async throws -> Response {
        let order = try DistributionOrder(address: query["address"] ?? "")
        guard let limit = Self.number(query["limit"] ?? "10"), (1...100).contains(limit) else {
            throw Problem.parameterInvalid("'limit' is a whole number from 1 to 100.")
        }
        let cursor = query["cursor"]
        guard cursor.map(OperationID.isValid) ?? true else {
            throw Problem.parameterInvalid("'cursor' is the id of a distribution.")
        }
        guard let page = try await self.faucet.list(order.address, after: cursor, limit: limit) else {
            throw Problem.parameterInvalid("'cursor' is not one that a page of this list ended with.")
        }
        let waiting = try await self.faucet.waiting(page.distributions)
        return Response(json: DistributionJSON.page(order.address, page, waiting: waiting, limit: limit))
    }

    /// Plain digits, few of them.
    private static func number(_ text: String) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
