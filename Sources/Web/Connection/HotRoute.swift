package import Metrics
package import NIOCore
package import NIOHTTP1

/// A route that is answered on the connection's own event loop, without a task and without the router.
///
/// Only plain requests reach it: no `Expect`, no chunks, no precondition, none that is made ahead of a visitor, and a
/// body only when it arrives together with its head.
/// Whatever it declines, and every request that is not plain, goes to the route of the same path in the router, which
/// must answer alike.
package protocol HotRoute: Sendable {
    var pattern: HotPattern { get }
    /// As the route in the router has it: a caller that lacks it is answered there.
    var scope: Scope { get }

    /// The part that lives on one event loop. Called once per loop, on it.
    func makeResponder(on eventLoop: any EventLoop) -> any HotResponder
}

/// The part of a ``HotRoute`` that lives on one event loop; every call comes on that loop.
package protocol HotResponder: AnyObject {
    /// Decides what becomes of a request that matches the route's pattern.
    func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision
}

/// The requests that a hot route is offered.
package struct HotPattern: Hashable, Sendable {
    private let isPost: Bool
    private let head: String
    /// The text behind the parameter; `nil` for a path without one.
    private let tail: String?

    /// GET and HEAD of one path, with any query.
    package static func get(_ path: String) -> HotPattern { HotPattern(isPost: false, head: path, tail: nil) }

    /// POST of exactly one path, without query.
    package static func post(_ path: String) -> HotPattern { HotPattern(isPost: true, head: path, tail: nil) }

    /// POST of a path with one parameter between `head` and `tail`, without query.
    package static func post(_ head: String, _ tail: String) -> HotPattern {
        HotPattern(isPost: true, head: head, tail: tail)
    }

    func matches(_ method: HTTPMethod, _ target: String) -> Bool {
        if self.isPost, self.tail == nil { return method == .POST && target == self.head }
        guard target.hasPrefix(self.head) else { return false }
        if let tail = self.tail {
            return method == .POST && target.hasSuffix(tail)
                && target.utf8.count > self.head.utf8.count + tail.utf8.count
        }
        guard method == .GET || method == .HEAD else { return false }
        let rest = target.utf8.dropFirst(self.head.utf8.count).first
        return rest == nil || rest == UInt8(ascii: "?")
    }

    var hasBody: Bool { self.isPost }
}

/// A whole plain request.
package struct HotRequest {
    /// Raw, as it was sent.
    package let target: String
    package let headers: HTTPHeaders
    package let body: ByteBuffer
    package let caller: Caller

    init(_ request: HeldRequest, _ caller: Caller) {
        self.target = request.head.uri
        self.headers = request.head.headers
        self.body = request.body
        self.caller = caller
    }
}

/// The decision of a ``HotResponder`` about a request.
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
    let method: HTTPMethod
    let isClosing: Bool
    let isHTTP10: Bool
    /// The request's id: the client's when it is valid, else made.
    package let requestID: String
    /// The caller's place in its trace, when it sent a valid one.
    let traceparent: String?
    /// When the request was read.
    package let arrived: NIODeadline

    /// The duration histogram of a route's answers with this status and this cause, or the one that the status says.
    package func timer(route: String, status: Int, cause: AnswerCause? = nil) -> Metrics.Timer {
        self.connection.timer(route: route, method: self.method.rawValue, status: status, cause: cause)
    }

    /// Hands over the answer; it leaves with the next ``flush()`` and never before earlier answers.
    package func finish(_ answer: PreparedAnswer) { self.connection.finish(self, answer) }

    /// Sends what has been handed over.
    ///
    /// Call it once for each exchange, after all of a batch are finished.
    package func flush() { self.connection.flushAnswers() }
}
