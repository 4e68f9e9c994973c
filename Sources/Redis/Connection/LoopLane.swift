package import NIOCore
import RESP

/// The way from a task to one ``RedisLoopConnection``.
package struct LoopLane: Sendable {
    package let eventLoop: any EventLoop
    package let identifier: Int
    private let connection: NIOLoopBoundBox<RedisLoopConnection>

    package init(
        _ configuration: RedisConfiguration,
        clientName: String,
        eventLoop: any EventLoop,
        board: ConnectionBoard
    ) {
        let identifier = board.register()
        self.identifier = identifier
        self.eventLoop = eventLoop
        self.connection = .makeBoxSendingValue(
            RedisLoopConnection(
                configuration,
                clientName: clientName,
                eventLoop: eventLoop,
                board: board,
                identifier: identifier
            ),
            eventLoop: eventLoop
        )
    }

    /// The connection itself, for callers on its event loop.
    package var current: RedisLoopConnection { self.connection.value }

    /// Sends all requests in one write and waits for all outcomes, in order.
    ///
    /// One hop there and one back.
    package func perform(_ requests: [RedisRequest], deadline: Uptime) async -> [AsyncCall.Outcome] {
        let call = AsyncCall(count: requests.count)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard call.begin(continuation) else { return }
                self.eventLoop.execute { self.current.submit(requests, deadline: deadline, call: call) }
            }
        } onCancel: {
            call.cancel()
        }
    }

    /// Opens the connection and keeps it open.
    package func start(_ dialer: RedisDialer) {
        self.eventLoop.execute { self.current.start(dialer) }
    }

    /// See ``RedisLoopConnection/leaveReplica()``.
    package func leaveReplica() {
        self.eventLoop.execute { self.current.leaveReplica() }
    }

    /// Returns when the connection is closed for good.
    package func drain() async {
        // It never fails: the promise is only ever fulfilled.
        try? await self.eventLoop.flatSubmit { self.current.drain() }.get()
    }
}
