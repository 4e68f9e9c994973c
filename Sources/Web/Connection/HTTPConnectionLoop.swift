import NIOCore

/// What all connections of one listener share on one event loop.
///
/// Every use is on that loop.
final class HTTPConnectionLoop {
    let configuration: WebConfiguration
    let gate: RequestGate
    let observer: RequestObserver
    let drain: DrainSignal
    private let hot: [(path: String, responder: any HotResponder)]
    private var requestIDs: RequestIDGenerator
    private var date = HTTPDate()

    init(_ listener: HTTPListener, eventLoop: any EventLoop) {
        var random = SystemRandomNumberGenerator()
        self.configuration = listener.configuration
        self.gate = RequestGate(listener.configuration)
        self.observer = listener.observer
        self.drain = listener.drain
        self.hot = listener.hotRoutes.map { ($0.path, $0.makeResponder(on: eventLoop)) }
        self.requestIDs = RequestIDGenerator(using: &random)
    }

    func makeRequestID() -> String { self.requestIDs.next() }

    func httpDate() -> String { self.date.now() }

    /// The responder of the hot route that the target names, if any.
    func hotResponder(for target: String) -> (any HotResponder)? {
        for route in self.hot where target.hasPrefix(route.path) {
            let rest = target.utf8.dropFirst(route.path.utf8.count).first
            if rest == nil || rest == UInt8(ascii: "?") { return route.responder }
        }
        return nil
    }
}
