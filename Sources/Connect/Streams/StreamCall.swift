import HTTPTypes
import Hummingbird
import NIOCore
import Timing
import Web

/// A call whose answer is a stream: its handler at work, its writer, and a watch over both.
struct StreamCall: Sendable {
    /// How often a stream looks whether it should go on.
    private static let pause = Duration.seconds(1)
    /// A caller's time-out counts up to this: for ever, and far below what a clock can count.
    private static let longest = Duration.seconds(86_400 * 365)

    let call: Call
    let work: RPCMethod.StreamWork
    let deadline: LoopClock.Instant?

    init(_ call: Call, _ work: @escaping RPCMethod.StreamWork) {
        self.call = call
        self.work = work
        self.deadline = call.terms.timeout.map { LoopClock().now.advanced(by: min($0, Self.longest)) }
    }

    var response: Response {
        Response(
            status: .ok,
            headers: self.call.answer.fields,
            body: ResponseBody { writer in
                guard let writer = writer as? LateHeadWriter else { throw RPCError.withoutReason }
                try await self.run(writer)
            }
        )
    }

    @concurrent
    private func run(_ writer: LateHeadWriter) async throws {
        let limits = self.call.runner.limits
        let source: MessageSource
        do { source = try await self.source(limits) } catch {
            return try await self.finish(.failed(self.call.told(error)), writer)
        }
        let places = self.call.method.isOfHealth ? limits.healthStreams : limits.streams
        let caller = self.call.web.caller
        guard places.enter(caller) else {
            // Where somebody without a key would find a place, it is this caller's share that is taken.
            let isShareTaken = places.hasRoom(for: .anonymous)
            let refusal: RPCError = isShareTaken ? .tooManyStreams : .overloaded
            // Their places are few so that callers without a key take no others: nobody is paged for it.
            let isOfHealth = self.call.method.isOfHealth
            return try await self.finish(.failed(isOfHealth ? refusal.caused(by: .caller) : refusal), writer)
        }
        defer { places.leave(caller) }
        let mailbox = StreamMailbox()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Not on the connection's event loop: a handler that has much to tell would keep it from reading anything.
            group.addTask(executorPreference: globalConcurrentExecutor) { await self.handle(source, mailbox) }
            group.addTask { await self.watch(mailbox) }
            defer {
                mailbox.close()
                group.cancelAll()
            }
            try await self.write(mailbox, writer)
        }
    }

    /// Writes what comes until the end has come.
    @concurrent
    private func write(_ mailbox: StreamMailbox, _ writer: LateHeadWriter) async throws {
        while true {
            switch await mailbox.next() {
            case .headers(let fields): try await writer.writeHead(adding: fields.withoutReserved)
            case .message(let message): try await writer.write(self.call.answer.frame(message))
            case .messages(let messages): try await writer.write(self.frames(messages))
            case .end(let end): return try await self.finish(end, writer)
            }
            mailbox.hasLeft()
        }
    }

    private func frames(_ messages: [[UInt8]]) -> ByteBuffer {
        var block = ByteBuffer()
        for message in messages { block.writeImmutableBuffer(self.call.answer.frame(message)) }
        return block
    }

    @concurrent
    private func finish(_ end: StreamEnd, _ writer: LateHeadWriter) async throws {
        let error: RPCError?
        let fields: HTTPFields
        switch end {
        case .finished(let trailers): (error, fields) = (nil, trailers)
        case .failed(let failure): (error, fields) = (failure, failure.trailers)
        case .gone:
            self.call.count(.canceled)
            throw CancellationError()
        }
        self.call.count(error)
        var head = error?.headers.withoutReserved ?? [:]
        if self.call.reading.endsConnection { head[.connection] = "close" }
        let (frame, trailers) = self.call.answer.end(error, trailers: fields)
        if let trailers, error != nil, !writer.hasHeadLeft {
            // Nothing stands between head and trailers, so they are one block.
            for field in trailers { head.append(field) }
            head[.contentLength] = "0"
            return try await writer.finish(headAdding: head)
        }
        // An end that comes before the request's is told as a whole answer: it waits for the rest of the request.
        if let frame, !writer.hasHeadLeft { head[.contentLength] = String(frame.readableBytes) }
        try await writer.writeHead(adding: head)
        if let frame { try await writer.write(frame) }
        try await writer.finish(trailers)
    }

    /// The request's messages: of a method that takes one it is here, and only then does the call take a place.
    private func source(_ limits: CallLimits) async throws -> MessageSource {
        var source = self.call.source
        guard self.call.method.hasOneRequest else { return source }
        let unread = source
        source.message = try await limits.timed(self.call.terms.timeout) { try await unread.single() }
        return source
    }

    private func handle(_ source: MessageSource, _ mailbox: StreamMailbox) async {
        do {
            let trailers = try await self.work(
                source,
                self.call.terms.form.codec,
                self.call.context,
                mailbox
            )
            mailbox.end(.finished(trailers))
        } catch {
            mailbox.end(.failed(self.call.told(error)))
        }
    }

    /// Ends the stream when its time is over, when the process is about to stop, and when its caller has left.
    ///
    /// It goes on until it is cancelled: a caller that does not even read the end is cut off.
    private func watch(_ mailbox: StreamMailbox) async {
        while true {
            let next = LoopClock().now.advanced(by: Self.pause)
            let isDeadlineNext = self.deadline.map { $0 < next && LoopClock().now < $0 } ?? false
            do {
                try await LoopClock().sleep(until: isDeadlineNext ? self.deadline ?? next : next, tolerance: nil)
            } catch {
                return
            }
            if let deadline = self.deadline, LoopClock().now >= deadline { mailbox.end(.failed(.deadlineExceeded)) }
            if self.call.runner.drain.isDraining { mailbox.end(.failed(.draining)) }
            if await !self.call.web.isAwaited() { mailbox.end(.gone) }
            if mailbox.stall > self.call.runner.configuration.stallLimit { self.call.web.cutOff() }
        }
    }
}
