package import Logging
import ServiceLifecycle
private import Synchronization

/// Sends HTTP requests to other systems: many at a time, on one thread, none of them in anybody's way.
///
/// It keeps connections alive, follows no redirect, takes nothing from the environment (proxies, passwords) and reads
/// no more of an answer than it was asked to. A caller's endpoint is connected to only at addresses its policy permits;
/// the check is at the socket, behind every resolver, cache and notation, and again before each request on a kept
/// connection.
package final class OutboundClient: Service, Sendable {
    private let configuration: OutboundConfiguration
    private let logger: Logger
    private let metrics = OutboundMetrics()
    private let waker = CurlWaker()
    private let machine: Mutex<DispatchMachine<OutboundTicket>>
    private let lastID = Atomic<UInt64>(0)
    private let hasRun = Atomic<Bool>(false)

    package init(configuration: OutboundConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.machine = Mutex(
            DispatchMachine(
                limits: .init(
                    concurrent: configuration.concurrentLimit,
                    waiting: configuration.queueLimit,
                    waitingPerHost: configuration.queueLimitPerHost,
                    concurrentPerHost: configuration.connectionsPerHost
                )
            )
        )
    }

    /// Sends a request and waits for the answer, whatever its status.
    ///
    /// Returns or throws within the time-out once ``run()`` is running; before that a request waits for it. Cancelling
    /// the task ends the transfer at once.
    package func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard request.isWellFormed else { throw .notSent(.invalidRequest) }
        let endpoint = request.endpoint
        // The endpoint may have been vetted by another policy: of the time before a restart, say.
        let refusal = self.configuration.policy.refusal(of: endpoint.host, port: endpoint.port)
        if !endpoint.isTrusted, refusal == .notAllowed {
            throw .notSent(.blockedAddress)
        }
        let id = self.lastID.add(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.submit(id, OutboundTicket(request: request, continuation: continuation))
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { self.cancel(id) }
            }
        } onCancel: {
            self.cancel(id)
        }
        return try result.get()
    }

    /// Owns the thread, and may be called once.
    ///
    /// A graceful shutdown takes no more requests, lets those that are here end, within the total time-out, and
    /// returns. Cancelling ends them at once.
    package func run() async throws {
        let wasRun = self.hasRun.exchange(true, ordering: .relaxed)
        precondition(!wasRun, "run() is called once")
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
                    let isStarted = CurlThread.start {
                        self.work()
                        ended.resume()
                    }
                    if !isStarted {
                        self.logger.error("No thread for outbound requests")
                        self.refuseAll()
                        ended.resume()
                    }
                }
            } onGracefulShutdown: {
                let deadline = ContinuousClock.now + self.configuration.totalTimeout
                self.machine.withLock { $0.drain(until: deadline) }
                self.waker.wake()
            }
        } onCancel: {
            self.machine.withLock { $0.stop() }
            self.waker.wake()
        }
    }

    private func submit(_ id: UInt64, _ ticket: OutboundTicket) {
        let endpoint = ticket.request.endpoint
        let timeout = ticket.request.timeout ?? self.configuration.totalTimeout
        let action = self.machine.withLock { machine in
            machine.submitted(
                id,
                lane: .init(host: endpoint.host, port: endpoint.port, isTrusted: endpoint.isTrusted),
                deadline: ticket.start + timeout,
                ticket: ticket
            )
        }
        switch action {
        case .wake: self.waker.wake()
        case .reject(let error): self.end(ticket, .failure(error))
        }
    }

    private func cancel(_ id: UInt64) {
        switch self.machine.withLock({ $0.cancelled(id) }) {
        case .fail(let ticket): self.end(ticket, .failure(.notSent(.cancelled)))
        case .wake: self.waker.wake()
        case .nothing: break
        }
    }

    private func refuseAll() {
        let turn = self.machine.withLock { machine in
            machine.stop()
            return machine.turn(at: .now)
        }
        for ticket in turn.dropped { self.end(ticket, .failure(.notSent(.shuttingDown))) }
    }

    private func end(_ ticket: OutboundTicket, _ result: Result<OutboundResponse, OutboundError>) {
        self.metrics.ended(result, after: ticket.start.duration(to: .now))
        ticket.continuation.resume(returning: result)
    }

    /// The thread's work: libcurl carries out the machine's decisions, until the last turn.
    private func work() {
        guard var multi = CurlMulti(configuration: self.configuration, waker: self.waker) else {
            self.logger.error("libcurl does not start")
            return self.refuseAll()
        }
        var tickets: [UInt64: OutboundTicket] = [:]
        while true {
            let now = ContinuousClock.now
            let (turn, running, waiting) = self.machine.withLock { machine in
                (machine.turn(at: now), machine.runningCount, machine.waitingCount)
            }
            self.metrics.holding(inFlight: running, waiting: waiting)
            for ticket in turn.expired { self.end(ticket, .failure(.notSent(.timedOut))) }
            for ticket in turn.dropped { self.end(ticket, .failure(.notSent(.shuttingDown))) }
            if turn.isLast { return }
            let before = tickets.count
            for (id, deadline, ticket) in turn.starting {
                let transfer = Transfer(
                    id: id,
                    request: ticket.request,
                    deadline: deadline,
                    configuration: self.configuration
                )
                tickets[id] = ticket
                guard !multi.add(transfer, at: now) else { continue }
                self.finish(transfer, .failure(.notSent(.internalFailure)), &tickets)
            }
            let cause = turn.isStopping ? OutboundError.Cause.shuttingDown : .cancelled
            for id in turn.isStopping ? multi.running : turn.abandoned {
                guard let transfer = multi.remove(id) else { continue }
                self.finish(transfer, .failure(transfer.failure(cause)), &tickets)
            }
            for (transfer, end) in multi.perform() { self.finish(transfer, transfer.outcome(of: end), &tickets) }
            // A place that became free is another's turn.
            guard tickets.count == before + turn.starting.count, !turn.isStopping else { continue }
            // A lookup over HTTPS sometimes ends without libcurl 7.88 asking to be called again, so look now and then.
            let longest = tickets.isEmpty ? Duration.seconds(60) : .milliseconds(100)
            multi.poll(turn.next.map { min(longest, max(.zero, now.duration(to: $0))) } ?? longest)
        }
    }

    private func finish(
        _ transfer: Transfer,
        _ result: Result<OutboundResponse, OutboundError>,
        _ tickets: inout [UInt64: OutboundTicket]
    ) {
        self.machine.withLock { $0.finished(transfer.id) }
        self.metrics.blocked(transfer.blockedCount)
        if case .failure(let error) = result {
            self.logger.debug("Outbound request failed", metadata: ["error": "\(error)"])
        }
        if let ticket = tickets.removeValue(forKey: transfer.id) { self.end(ticket, result) }
    }
}

/// A request, and who waits for it.
private struct OutboundTicket: Sendable {
    let request: OutboundRequest
    let start = ContinuousClock.now
    let continuation: CheckedContinuation<Result<OutboundResponse, OutboundError>, Never>
}
