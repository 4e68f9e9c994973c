package import NIOCore

/// A route that is answered on the connection's own event loop, without a task and without the router.
///
/// Only plain requests reach it: GET or HEAD, no body, no `Expect`. Whatever it declines, and every request that is
/// not plain, goes to the route of the same path in the router, which must answer alike.
package protocol HotRoute: Sendable {
    /// The one path it answers, without query.
    var path: String { get }

    /// The part that lives on one event loop. Called once per loop, on it.
    func makeResponder(on eventLoop: any EventLoop) -> any HotResponder
}

/// The part of a ``HotRoute`` that lives on one event loop; every call comes on that loop.
package protocol HotResponder: AnyObject {
    /// Decides what becomes of a request.
    ///
    /// `target` is the raw request target, which begins with the route's path and ends there or goes on with `?`.
    func respond(to target: String, _ exchange: HotExchange) -> HotDecision
}

/// What a ``HotResponder`` does with a request.
package enum HotDecision {
    /// The router answers it.
    case declined
    /// It is answered later, through its ``HotExchange``, never before `respond` returns.
    case taken
    case answered(PreparedAnswer)
}

/// One hot request and the way back to its client.
///
/// It must be finished exactly once, on its event loop; a client that left is no error.
package struct HotExchange {
    let connection: HTTPConnectionChannelHandler
    let ticket: HTTPConnectionMachine<ByteBuffer, RoutedPart>.Ticket
    let isHead: Bool
    let isClosing: Bool
    let isHTTP10: Bool
    /// The id that the client gave, when it is valid.
    let requestID: String?
    /// When the request was read.
    package let arrived: NIODeadline

    /// Hands over the answer; it leaves with the next ``flush()`` and never before earlier answers.
    package func finish(_ answer: PreparedAnswer) { self.connection.finish(self, answer) }

    /// Sends what has been handed over.
    ///
    /// Call it once for each exchange, after all of a batch are finished.
    package func flush() { self.connection.flushAnswers() }
}
