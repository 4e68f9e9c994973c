package import NIOCore

/// Asks questions one after the other, on one connection that it keeps.
///
/// Owned by one task.
package struct ExchangeReader {
    /// Bytes of a body: 64 MiB, for a statement of some 200 000 entries.
    package static let bodyLimit = 64 << 20
    /// First and longest wait before a question is asked again, in milliseconds.
    private static let backOff: ClosedRange<Int> = 20...500

    private let targets: [LoadTarget]
    private let loop: any EventLoop
    private let timeout: Duration
    /// How long a service that is away is asked again.
    private let patience: Duration
    private var place: Int
    private var connection: Connection?

    /// Begins with the target at `place`, and goes on to the next one when it does not answer.
    package init(targets: [LoadTarget], place: Int, loop: any EventLoop, timeout: Duration, patience: Duration) {
        self.targets = targets
        self.loop = loop
        self.timeout = timeout
        self.patience = patience
        self.place = place
    }

    /// The answer to a GET, whatever its status unless that says that the service is away.
    package mutating func get(_ path: String) async throws(LoadError) -> ExchangeAnswer {
        try await self.ask(ExchangeRequest(path: path), as: "GET \(path.prefix { $0 != "?" })")
    }

    /// The answer to a question that `name` stands for in errors, whatever its status unless that says that the service
    /// is away: 502, 503 or 504.
    ///
    /// A question may be asked several times, so it must not change anything.
    package mutating func ask(_ question: ExchangeRequest, as name: String) async throws(LoadError) -> ExchangeAnswer {
        let givesUpAt = MonotonicClock.now + self.patience.nanoseconds
        var wait = Self.backOff.lowerBound
        while true {
            let trouble: String
            switch await self.ask(question) {
            case .answered(let answer) where !(502...504).contains(answer.status): return answer
            case .answered(let answer): trouble = "status \(answer.status)"
            case .broken(let reason): trouble = reason.description
            }
            self.place += 1
            self.close()
            guard MonotonicClock.now < givesUpAt else {
                throw .cannotCheck("\(name): \(trouble)")
            }
            do { try await Task.sleep(for: .milliseconds(wait)) } catch { throw .cancelled }
            wait = min(wait * 2, Self.backOff.upperBound)
        }
    }

    package mutating func close() {
        self.connection?.close()
        self.connection = nil
    }

    private mutating func ask(_ question: ExchangeRequest) async -> ExchangeEnding {
        let target = self.targets[self.place % self.targets.count]
        do {
            let connection: Connection
            if let open = self.connection {
                connection = open
            } else {
                connection = try await Connection.open(target, on: self.loop)
                self.connection = connection
            }
            let ending = try await connection.ask(question, timeout: self.timeout)
            if case .answered(let answer) = ending, !answer.isKeepingAlive { self.connection = nil }
            return ending
        } catch {
            // Only connecting fails; everything after it ends.
            return .broken(.closed)
        }
    }
}

/// One connection and the promise of the answer that is waited for.
private struct Connection: Sendable {
    /// Belongs to the event loop.
    final class Waiting {
        var handler: ExchangeChannelHandler?
        var promise: EventLoopPromise<ExchangeEnding>?
        var expiry: Scheduled<Void>?

        func end(_ ending: ExchangeEnding) {
            self.expiry?.cancel()
            self.promise?.succeed(ending)
            (self.expiry, self.promise) = (nil, nil)
        }
    }

    let channel: any Channel
    let waiting: NIOLoopBound<Waiting>

    static func open(_ target: LoadTarget, on loop: any EventLoop) async throws -> Connection {
        try await loop.flatSubmit {
            let waiting = Waiting()
            let bound = NIOLoopBound(waiting, eventLoop: loop)
            let channel = ExchangeChannelHandler.connect(target, on: loop, bodyLimit: ExchangeReader.bodyLimit) {
                event in
                switch event {
                case .opened(let handler): waiting.handler = handler
                case .ended(let ending): waiting.end(ending)
                case .closed: waiting.handler = nil
                }
            }
            return channel.map { Connection(channel: $0, waiting: bound) }
        }
        .get()
    }

    func ask(_ request: ExchangeRequest, timeout: Duration) async throws -> ExchangeEnding {
        let loop = self.channel.eventLoop
        let bound = self.waiting
        return try await loop.flatSubmit {
            let waiting = bound.value
            guard let handler = waiting.handler else { return loop.makeSucceededFuture(.broken(.closed)) }
            let promise = loop.makePromise(of: ExchangeEnding.self)
            waiting.promise = promise
            waiting.expiry = loop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
                handler.close(because: .timedOut)
            }
            handler.send(request, at: MonotonicClock.now)
            return promise.futureResult
        }
        .get()
    }

    func close() { self.channel.close(promise: nil) }
}
