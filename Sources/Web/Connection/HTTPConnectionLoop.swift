import NIOCore
import NIOHTTP1

/// What all connections of one listener share on one event loop.
///
/// Every use is on that loop.
final class HTTPConnectionLoop {
    let configuration: WebConfiguration
    let gate: RequestGate
    let observer: RequestObserver
    let drain: DrainSignal
    private let hot: [(pattern: HotPattern, responder: any HotResponder)]
    private var requestIDs: RequestIDGenerator
    private var date = HTTPDate()

    init(_ listener: HTTPListener, eventLoop: any EventLoop) {
        var random = SystemRandomNumberGenerator()
        self.configuration = listener.configuration
        self.gate = RequestGate(listener.configuration)
        self.observer = listener.observer
        self.drain = listener.drain
        self.hot = listener.hotRoutes.map { ($0.pattern, $0.makeResponder(on: eventLoop)) }
        self.requestIDs = RequestIDGenerator(using: &random)
    }

    func makeRequestID() -> String { self.requestIDs.next() }

    func httpDate() -> String { self.date.now() }

    /// The responder of the hot route that a plain request is for, if any.
    func hotResponder(for head: HTTPRequestHead, _ survey: RequestSurvey) -> (any HotResponder)? {
        guard survey.expectation == nil, !survey.isChunked else { return nil }
        return self.hot.first { route in
            route.pattern.hasBody == survey.hasBody && route.pattern.matches(head.method, head.uri)
        }?.responder
    }
}
