package import Coordination
import CoreMetrics
package import NIOCore
package import Redis
import Synchronization
package import Web

/// The lanes of all event loops: the hot route, and the way in for everyone else.
package final class AcceptLanes: HotRoute, Sendable {
    private let redis: RedisNode
    private let clock: ServerClock
    private let configuration: UniquesConfiguration
    private let metrics: AcceptMetrics
    private let eventLoopGroup: any EventLoopGroup
    private let lanes = Mutex<[ObjectIdentifier: NIOLoopBound<AcceptLane>]>([:])

    package init(
        redis: RedisNode,
        clock: ServerClock,
        configuration: UniquesConfiguration,
        observer: RequestObserver,
        eventLoopGroup: any EventLoopGroup
    ) {
        self.redis = redis
        self.clock = clock
        self.configuration = configuration
        self.metrics = AcceptMetrics(observer)
        self.eventLoopGroup = eventLoopGroup
    }

    static let scope = Scope.write("uniques")
    package var scope: Scope { Self.scope }
    package var pattern: HotPattern { .get(AcceptAnswer.path) }

    package func makeResponder(on eventLoop: any EventLoop) -> any HotResponder {
        AcceptResponder(self.lane(on: eventLoop))
    }

    /// Accepts one id from anywhere.
    ///
    /// One hop to an event loop, and a share in its next script call.
    package func accept(_ id: Int64) async throws -> AcceptOutcome {
        let eventLoop = self.eventLoopGroup.next()
        let promise = eventLoop.makePromise(of: AcceptOutcome.self)
        eventLoop.execute {
            if !self.lane(on: eventLoop).accept(id, .routed(promise)) {
                promise.succeed(.failed(.notSent(.overloaded)))
            }
        }
        return try await promise.futureResult.get()
    }

    package func countInvalid() { self.metrics.invalid.increment() }

    private func lane(on eventLoop: any EventLoop) -> AcceptLane {
        let key = ObjectIdentifier(eventLoop)
        if let bound = self.lanes.withLock({ $0[key] }) { return bound.value }
        // Only this event loop makes the entry of its own key, so nothing can come between.
        let lane = AcceptLane(
            self.redis.connection(on: eventLoop),
            clock: self.clock,
            configuration: self.configuration,
            metrics: self.metrics
        )
        let made = NIOLoopBound(lane, eventLoop: eventLoop)
        self.lanes.withLock { $0[key] = made }
        return lane
    }
}

/// Answers `?id=<integer>` and nothing else; every other query goes the router's way.
private final class AcceptResponder: HotResponder {
    private let lane: AcceptLane
    private let prefix = AcceptAnswer.path + "?id="

    init(_ lane: AcceptLane) {
        self.lane = lane
    }

    func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision {
        let target = request.target
        guard target.utf8.count > self.prefix.utf8.count, target.hasPrefix(self.prefix) else { return .declined }
        let start = target.utf8.index(target.startIndex, offsetBy: self.prefix.utf8.count)
        guard let id = AcceptID.parse(target[start...]) else { return .declined }
        return self.lane.accept(id, .hot(exchange)) ? .taken : .answered(self.lane.failed)
    }
}
