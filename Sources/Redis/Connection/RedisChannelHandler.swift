package import NIOCore
import NIOSSL
import RESP

/// The owner of a ``RedisChannelHandler``, which learns of its connection's events.
///
/// Every call comes on the channel's event loop.
package protocol RedisChannelOwner: AnyObject {
    /// Redis has welcomed the connection.
    func welcomed()
    /// Replies came, or a tick passed: there may be room again.
    func madeRoom(at now: Uptime)
    /// The connection is over. Called once; `detail` is for logs.
    func closed(_ handler: RedisChannelHandler, because cause: RedisError.Cause, detail: String)
}

/// Carries out on a channel what ``ConnectionMachine`` decides.
///
/// Used on the channel's event loop only. All that is sent in one turn of the loop leaves in one write.
package final class RedisChannelHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private var machine: ConnectionMachine<RedisTicket>
    private var reader: RESPReader
    private var channel: (any Channel)?
    private var outgoing = ByteBuffer()
    /// The clock at the first command of this turn: the others of the turn share it.
    private var turn = Uptime(nanoseconds: 0)
    private var isFlushScheduled = false
    /// Kept alive for as long as the socket: it lets go of this handler when that is closed.
    private let owner: any RedisChannelOwner
    private let greeting: Greeting
    private let metrics: RedisMetrics
    private let tickInterval: TimeAmount
    private let eventLoop: any EventLoop

    package init(
        _ configuration: RedisConfiguration,
        greeting: Greeting,
        metrics: RedisMetrics,
        eventLoop: any EventLoop,
        owner: any RedisChannelOwner
    ) {
        self.machine = ConnectionMachine(limits: ConnectionLimits(configuration))
        self.reader = RESPReader(limits: configuration.replyLimits)
        self.greeting = greeting
        self.metrics = metrics
        self.tickInterval = .nanoseconds(configuration.tickInterval.wholeNanoseconds)
        self.eventLoop = eventLoop
        self.owner = owner
    }

    package var hasRoom: Bool { self.machine.hasRoom }
    package var isReady: Bool { self.machine.phase == .ready }

    /// Writes a command, or says why not.
    ///
    /// Its reply goes to `completion`, later and once.
    package func send(
        _ request: RedisRequest,
        deadline: Uptime,
        completion: @escaping RedisTicket.Completion
    ) -> RedisError? {
        if !self.isFlushScheduled { self.turn = .now }
        var unknownScript: RedisScriptCall?
        if case .script(let call, .evalsha) = request { unknownScript = call }
        let ticket = RedisTicket(
            completion: completion,
            series: self.metrics.series(request.name),
            sentAt: self.turn,
            deadline: deadline,
            unknownScript: unknownScript
        )
        let blocksUntil = request.blockTime.map { self.turn + $0 }
        switch self.machine.send(ticket, deadline: deadline, blocksUntil: blocksUntil, at: self.turn) {
        case .reject(let error): return error
        case .write:
            ticket.series.sent()
            request.write(to: &self.outgoing)
            self.scheduleFlush()
            return nil
        }
    }

    /// Takes no new commands, lets those in flight finish until `deadline`, then closes.
    package func drain(because cause: RedisError.Cause, deadline: Uptime) {
        switch self.machine.drain(because: cause, deadline: deadline) {
        case .wait: break
        case .close: self.close(because: cause)
        }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.channel = context.channel
        self.machine.opened(greetings: self.greeting.count, at: .now)
        self.outgoing.writeImmutableBuffer(self.greeting.bytes)
        self.flush()
        self.scheduleTick()
        context.fireChannelActive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = Uptime.now
        self.machine.received(at: now)
        do throws(RESPError) {
            try self.reader.append(Self.unwrapInboundIn(data).readableBytesView)
            while let value = try self.reader.next() { self.deliver(value, at: now) }
        } catch {
            self.close(because: .malformedReply, detail: "\(error)")
        }
        self.owner.madeRoom(at: now)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.close(because: .closed, detail: "closed by the peer")
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isAboutTLS = error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        // Once welcomed, such an error is how a connection breaks and no question of trust.
        let cause: RedisError.Cause = isAboutTLS && !self.machine.phase.isWelcomed ? .untrusted : .closed
        self.close(because: cause, detail: "\(error)")
    }

    package func handleScheduledCallback(eventLoop: some EventLoop) {
        guard !self.machine.phase.isClosed else { return }
        let now = Uptime.now
        for ticket in self.machine.expired(at: now) {
            self.finish(ticket, .failure(.outcomeUnknown(.deadlineExceeded)), at: now)
        }
        switch self.machine.ticked(at: now) {
        case .nothing: break
        case .ping:
            self.outgoing.writeImmutableBuffer(Greeting.ping)
            self.scheduleFlush()
        case .close(let cause): self.close(because: cause, detail: "no byte came in time")
        }
        self.metrics.report(inFlight: self.machine.inFlight)
        self.owner.madeRoom(at: now)
        self.scheduleTick()
    }

    private func deliver(_ value: RESPValue, at now: Uptime) {
        var refusal: RedisRefusal?
        var isStatus = false
        switch value {
        case .error(let text): refusal = RedisRefusal(text)
        case .status: isStatus = true
        case .array, .bulk, .integer, .null: break
        }
        let result: Result<RESPValue, RedisError> = refusal.map { .failure(.refused($0)) } ?? .success(value)
        switch self.machine.replied(refusal, isStatus: isStatus) {
        case .skip: break
        case .welcome: self.owner.welcomed()
        case .deliver(let ticket): self.settle(ticket, result, at: now)
        case .deliverAndClose(let ticket, let cause):
            if let ticket { self.settle(ticket, result, at: now) }
            self.close(because: cause, detail: refusal?.message ?? "")
        case .close(let cause): self.close(because: cause, detail: refusal?.message ?? "")
        }
    }

    /// Gives a reply to its caller, or first tries a script that Redis does not know by its source.
    private func settle(_ ticket: RedisTicket, _ result: Result<RESPValue, RedisError>, at now: Uptime) {
        guard case .failure(.refused(let refusal)) = result, refusal.kind == .noScript,
            let call = ticket.unknownScript
        else { return self.finish(ticket, result, at: now) }
        let error = self.send(.script(call, .eval), deadline: ticket.deadline, completion: ticket.completion)
        if let error { self.finish(ticket, .failure(error), at: now) }
    }

    private func finish(_ ticket: RedisTicket, _ result: Result<RESPValue, RedisError>, at now: Uptime) {
        ticket.series.finished(after: now - ticket.sentAt)
        if case .failure(let error) = result { self.metrics.failed(error) }
        ticket.completion(result)
    }

    private func close(because cause: RedisError.Cause, detail: String = "") {
        guard let tickets = self.machine.close(because: cause) else { return }
        self.channel?.close(mode: .all, promise: nil)
        self.metrics.report(inFlight: 0)
        // First the owner: a caller that sends again at once must not find this connection.
        self.owner.closed(self, because: cause, detail: detail)
        let now = Uptime.now
        for ticket in tickets.unknown { self.finish(ticket, .failure(.outcomeUnknown(cause)), at: now) }
        for ticket in tickets.unsent { self.finish(ticket, .failure(.notSent(cause)), at: now) }
    }

    private func scheduleFlush() {
        guard !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        // Runs when all that this turn brought has been handled.
        self.eventLoop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        self.isFlushScheduled = false
        let bytes = self.outgoing
        guard bytes.readableBytes > 0, let channel = self.channel else { return }
        self.outgoing = channel.allocator.buffer(capacity: min(max(bytes.readableBytes, 512), 65_536))
        guard !self.machine.phase.isClosed else { return }
        self.machine.flushed()
        channel.writeAndFlush(bytes, promise: nil)
    }

    private func scheduleTick() {
        guard !self.machine.phase.isClosed else { return }
        // Fails only on an event loop that is shutting down, and then no tick is needed.
        _ = try? self.eventLoop.assumeIsolated().scheduleCallback(in: self.tickInterval, handler: self)
    }
}

extension ConnectionMachine.Phase {
    fileprivate var isWelcomed: Bool {
        switch self {
        case .connecting, .greeting: false
        case .ready, .draining, .closed: true
        }
    }

    fileprivate var isClosed: Bool {
        guard case .closed = self else { return false }
        return true
    }
}

extension Uptime {
    /// Costs one reading of the clock.
    package static var now: Uptime { Uptime(.now()) }

    package init(_ deadline: NIODeadline) {
        self.init(nanoseconds: Int64(clamping: deadline.uptimeNanoseconds))
    }
}
