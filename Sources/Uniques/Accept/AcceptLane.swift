package import Coordination
import CoreMetrics
import DequeModule
import NIOCore
import NIOHTTP1
import RESP
package import Redis
import Web

/// Collects the ids that arrive on one event loop in one turn and asks Redis about all of them in one script call.
///
/// Every call comes on that event loop. An id is answered only after Redis has acknowledged it.
final class AcceptLane {
    /// The request that waits for an id.
    enum Waiter {
        case hot(HotExchange)
        case routed(EventLoopPromise<AcceptOutcome>)
    }

    private struct Pending {
        let id: Int64
        let waiter: Waiter
    }

    /// Tries to find the window that Redis's clock is in, before the request is given up.
    private static let moveLimit = 3

    let failed: PreparedAnswer
    private let connection: RedisLoopConnection
    private let clock: ServerClock
    private let configuration: UniquesConfiguration
    private let metrics: AcceptMetrics
    private let eventLoop: any EventLoop
    private var pending: [Pending] = []
    private var waiting = 0
    private var isFlushScheduled = false
    private var window: AcceptWindow?

    init(
        _ connection: RedisLoopConnection,
        clock: ServerClock,
        configuration: UniquesConfiguration,
        metrics: AcceptMetrics
    ) {
        self.connection = connection
        self.eventLoop = connection.eventLoop
        self.clock = clock
        self.configuration = configuration
        self.metrics = metrics
        self.failed = PreparedAnswer(
            .serviceUnavailable,
            fields: AcceptAnswer.fields + [("retry-after", "1")],
            body: "failed",
            timer: metrics.failedTimer
        )
    }

    /// Takes an id, or refuses it with `false` when too many already wait.
    func accept(_ id: Int64, _ waiter: Waiter) -> Bool {
        guard self.waiting < self.configuration.waitingLimit else {
            self.metrics.overloaded.increment()
            return false
        }
        self.waiting += 1
        self.pending.append(Pending(id: id, waiter: waiter))
        if !self.isFlushScheduled {
            self.isFlushScheduled = true
            // Runs at the end of this turn, when all that arrived in it is collected.
            self.eventLoop.assumeIsolated().execute { self.flush() }
        }
        return true
    }

    private func flush() {
        self.isFlushScheduled = false
        let batch = self.pending
        self.pending.removeAll(keepingCapacity: true)
        let deadline = NIODeadline.now() + .nanoseconds(self.configuration.deadline.inMilliseconds * 1_000_000)
        guard let now = self.clock.now else {
            self.finish(batch[...], .failed(.notSent(.notConnected)))
            return
        }
        var rest = batch[...]
        while !rest.isEmpty {
            let part = rest.prefix(self.configuration.batchLimit)
            rest = rest.dropFirst(part.count)
            self.ask(part, at: now, deadline: deadline, moves: 0)
        }
    }

    private func ask(_ batch: ArraySlice<Pending>, at now: ServerTime, deadline: NIODeadline, moves: Int) {
        let window = self.window(at: now)
        let call = window.call(batch.lazy.map(\.id))
        self.connection.run(call, deadline: deadline) { result in
            switch result {
            case .failure(let error): self.finish(batch, .failed(error))
            case .success(let reply):
                switch AcceptReply(reply) {
                case .taken(let bits) where bits.readableBytes == batch.count: self.finish(batch, bits, window)
                case .moved(let now) where moves < Self.moveLimit:
                    self.metrics.moved.increment(by: batch.count)
                    self.ask(batch, at: now, deadline: deadline, moves: moves + 1)
                case .taken, .moved, nil: self.finish(batch, .failed(.outcomeUnknown(.malformedReply)))
                }
            }
        }
    }

    private func window(at now: ServerTime) -> AcceptWindow {
        let start = now.windowStart(lengthMilliseconds: self.configuration.windowMilliseconds)
        if let window = self.window, window.start == start { return window }
        let window = AcceptWindow(start, self.configuration, timer: self.metrics.takenTimer)
        self.window = window
        return window
    }

    private func finish(_ batch: ArraySlice<Pending>, _ bits: ByteBuffer, _ window: AcceptWindow) {
        self.waiting -= batch.count
        var new = 0
        for (pending, bit) in zip(batch, bits.readableBytesView) {
            let isNew = bit == UInt8(ascii: "1")
            if isNew { new += 1 }
            switch pending.waiter {
            case .hot(let exchange): exchange.finish(isNew ? window.isNew : window.isKnown)
            case .routed(let promise): promise.succeed(.taken(isNew: isNew, window: window.start))
            }
        }
        self.metrics.unique.increment(by: new)
        self.metrics.duplicate.increment(by: batch.count - new)
        self.flushAnswers(batch)
    }

    private func finish(_ batch: ArraySlice<Pending>, _ outcome: AcceptOutcome) {
        self.waiting -= batch.count
        self.metrics.failed.increment(by: batch.count)
        for pending in batch {
            switch pending.waiter {
            case .hot(let exchange): exchange.finish(self.failed)
            case .routed(let promise): promise.succeed(outcome)
            }
        }
        self.flushAnswers(batch)
    }

    /// After all are finished, so that pipelined answers of one connection leave in one write.
    private func flushAnswers(_ batch: ArraySlice<Pending>) {
        for case .hot(let exchange) in batch.lazy.map(\.waiter) { exchange.flush() }
    }
}

/// The outcome of one id.
package enum AcceptOutcome: Hashable, Sendable {
    /// Redis has it: new to the window or not.
    case taken(isNew: Bool, window: ServerTime)
    /// Redis did not acknowledge it.
    case failed(RedisError)
}

/// The reply of `uniques_accept`.
private enum AcceptReply {
    case taken(ByteBuffer)
    case moved(ServerTime)

    init?(_ reply: RESPValue) {
        guard case .array(let fields) = reply, fields.count == 2 else { return nil }
        switch (fields[0].string, fields[1]) {
        case ("taken", .bulk(let bits)): self = .taken(bits)
        case ("moved", .integer(let now)): self = .moved(ServerTime(milliseconds: now))
        default: return nil
        }
    }
}
