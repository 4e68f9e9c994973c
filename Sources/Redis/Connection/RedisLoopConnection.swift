package import NIOCore
import RESP
import TLS

/// One event loop's own connection to Redis, which opens itself again whenever it breaks.
///
/// Every method is called on ``eventLoop`` and nowhere else: there are no locks and no promises. All commands of one
/// turn of the loop leave in one write. Nothing is repeated here, but a script that Redis does not know by its digest.
/// A completion is called once, on the event loop, and for a command that cannot be sent before the method returns.
package final class RedisLoopConnection {
    package typealias Completion = RedisTicket.Completion

    /// A request of a task, waiting for room.
    private struct Waiting {
        let request: RedisRequest
        let call: AsyncCall
        let index: Int
    }

    package let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let greeting: Greeting
    private let board: ConnectionBoard
    private let identifier: Int
    private let metrics: RedisMetrics
    private var dialer: RedisDialer?
    private var reconnect: ReconnectMachine
    private var waiting: WaitingLine<Waiting>
    private var link: RedisChannelHandler?
    private var demotion = Demotion()
    private var isOpening = false
    private var wasReady = false
    /// Why there is no connection, while there is none.
    private var cause = RedisError.Cause.notConnected
    private var ended: [EventLoopPromise<Void>] = []

    package init(
        _ configuration: RedisConfiguration,
        clientName: String,
        eventLoop: any EventLoop,
        board: ConnectionBoard,
        identifier: Int
    ) {
        self.configuration = configuration
        self.greeting = Greeting(configuration, clientName: clientName)
        self.eventLoop = eventLoop
        self.board = board
        self.metrics = RedisMetrics(board.metricsFactory)
        self.identifier = identifier
        self.reconnect = ReconnectMachine(
            minimum: configuration.backOffMinimum,
            maximum: configuration.backOffMaximum
        )
        self.waiting = WaitingLine(limit: configuration.waitingLimit)
    }

    /// Sends one command.
    package func send(_ command: RedisCommand, deadline: NIODeadline, _ completion: @escaping Completion) {
        self.send(.command(command), deadline: Uptime(deadline), completion)
    }

    /// Runs a script by its digest, and by its source when Redis does not know that.
    package func run(_ call: RedisScriptCall, deadline: NIODeadline, _ completion: @escaping Completion) {
        self.send(.script(call, .evalsha), deadline: Uptime(deadline), completion)
    }

    /// Sends what a task wants sent, or lets it wait its turn when the connection is full.
    package func submit(_ requests: [RedisRequest], deadline: Uptime, call: AsyncCall) {
        for (index, request) in requests.enumerated() {
            let isFull = self.link.map { $0.isReady && (!$0.hasRoom || !self.waiting.isEmpty) } ?? false
            guard isFull else {
                self.send(request, call, index, deadline: deadline)
                continue
            }
            let waiting = Waiting(request: request, call: call, index: index)
            if !self.waiting.join(waiting, deadline: deadline) {
                self.refuse(call, index, .notSent(.overloaded))
            }
        }
    }

    /// Opens the connection and keeps it open until ``drain()``.
    package func start(_ dialer: RedisDialer) {
        self.dialer = dialer
        switch self.reconnect.start() {
        case .connect: self.open()
        case .nothing: break
        }
    }

    /// Lets commands in flight finish, within the configuration's `drainLimit`, and closes for good.
    package func drain() -> EventLoopFuture<Void> {
        self.reconnect.stop()
        self.cause = .draining
        self.board.ended(self.identifier)
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.ended.append(promise)
        self.refuseWaiting(.draining)
        self.link?.drain(because: .draining, deadline: .now + self.configuration.drainLimit)
        self.endIfDone()
        return promise.futureResult
    }

    /// Asks the server for its role and leaves one that is a replica: the next connection may reach the primary.
    ///
    /// A server that stays a replica is left ever more seldom.
    package func leaveReplica() {
        guard let link = self.link, link.isReady else { return }
        _ = link.send(.command(Demotion.question), deadline: .now + Demotion.patience) { result in
            guard case .success(let reply) = result, let text = reply.string,
                self.demotion.shouldLeave(text, at: .now)
            else { return }
            link.drain(because: .demoted, deadline: .now + self.configuration.drainLimit)
        }
    }

    private func send(_ request: RedisRequest, deadline: Uptime, _ completion: @escaping Completion) {
        let error: RedisError?
        if let link = self.link {
            error = link.send(request, deadline: deadline, completion: completion)
        } else {
            error = .notSent(self.cause)
        }
        guard let error else { return }
        self.metrics.failed(error)
        completion(.failure(error))
    }

    private func send(_ request: RedisRequest, _ call: AsyncCall, _ index: Int, deadline: Uptime) {
        guard call.willSend() else { return }
        self.send(request, deadline: deadline) { call.finish(index, $0) }
    }

    private func refuse(_ call: AsyncCall, _ index: Int, _ error: RedisError) {
        guard call.willSend() else { return }
        self.metrics.failed(error)
        call.finish(index, .failure(error))
    }

    private func refuseWaiting(_ cause: RedisError.Cause) {
        for waiting in self.waiting.removeAll() { self.refuse(waiting.call, waiting.index, .notSent(cause)) }
    }

    private func open() {
        guard let dialer = self.dialer else { return }
        let handler = RedisChannelHandler(
            self.configuration,
            greeting: self.greeting,
            metrics: self.metrics,
            eventLoop: self.eventLoop,
            owner: self
        )
        self.link = handler
        self.isOpening = true
        dialer.connect(on: self.eventLoop, handler: NIOLoopBound(handler, eventLoop: self.eventLoop))
            .assumeIsolated()
            .whenComplete { self.opened($0, handler) }
    }

    private func opened(_ result: Result<any Channel, any Error>, _ handler: RedisChannelHandler) {
        self.isOpening = false
        switch result {
        case .success(let channel) where self.reconnect.phase == .stopped: channel.close(promise: nil)
        case .success: break
        case .failure(let error): self.closed(handler, because: .unreachable, detail: ConnectFailure.reason(error))
        }
        self.endIfDone()
    }

    private func endIfDone() {
        guard self.reconnect.phase == .stopped, self.link == nil, !self.isOpening else { return }
        for promise in self.ended { promise.succeed() }
        self.ended.removeAll()
    }
}

extension RedisLoopConnection: RedisChannelOwner {
    package func welcomed() {
        self.reconnect.greeted(at: .now)
        if self.wasReady { self.metrics.reconnected() }
        self.wasReady = true
        self.board.recovered(self.identifier)
    }

    package func madeRoom(at now: Uptime) {
        for expired in self.waiting.expired(at: now) {
            self.refuse(expired.call, expired.index, .notSent(.overloaded))
        }
        while let link = self.link, link.hasRoom, let (waiting, deadline) = self.waiting.next() {
            self.send(waiting.request, waiting.call, waiting.index, deadline: deadline)
        }
    }

    package func closed(_ handler: RedisChannelHandler, because cause: RedisError.Cause, detail: String) {
        guard self.link === handler else { return }
        self.link = nil
        guard self.reconnect.phase != .stopped else { return self.endIfDone() }
        self.cause = cause
        self.board.failed(self.identifier, because: cause, detail: detail)
        switch self.reconnect.failed(cause, at: .now, jitter: .random(in: 0..<1)) {
        case .nothing: break
        case .wait(let duration):
            self.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(duration.wholeNanoseconds)) {
                switch self.reconnect.waited() {
                case .connect: self.open()
                case .nothing: break
                }
            }
        }
        self.refuseWaiting(cause)
    }
}
