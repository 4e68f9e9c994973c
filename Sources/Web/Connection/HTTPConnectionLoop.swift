import HTTPTypes
import NIOCore
import NIOHTTP1

/// The state that all connections of one listener share on one event loop.
///
/// Every use is on that loop.
final class HTTPConnectionLoop {
    let configuration: WebConfiguration
    let gate: RequestGate
    let observer: RequestObserver
    let drain: DrainSignal
    let roster: ConnectionRoster
    let room: ConnectionRoom
    private let access: (any AccessGuard)?
    private let hot: [HotPlace]
    private let owned: [OwnedPaths]
    private var requestIDs: RequestIDGenerator
    private var date = HTTPDate()

    init(_ listener: HTTPListener, eventLoop: any EventLoop) {
        var random = SystemRandomNumberGenerator()
        self.configuration = listener.configuration
        self.gate = RequestGate(listener.configuration)
        self.observer = listener.observer
        self.drain = listener.drain
        self.access = listener.access
        self.owned = listener.owned
        self.hot = listener.hotRoutes.map {
            HotPlace(pattern: $0.pattern, scope: $0.scope, responder: $0.makeResponder(on: eventLoop))
        }
        self.room = listener.room
        self.roster = ConnectionRoster(listener.room, eventLoop)
        self.requestIDs = RequestIDGenerator(using: &random)
    }

    // MARK: Paths with an owner

    /// The owner of this path, who has limits of his own for its bodies and words of his own for refusals.
    func owner(of target: String) -> OwnedPaths? { self.owned.first { $0.contains(target) } }

    /// The gate's verdict, but for the length of bodies that are the owner's to bound.
    func judge(_ head: HTTPRequestHead, _ survey: RequestSurvey) -> RequestGate.Verdict {
        self.relented(self.gate.judge(head, survey), head.uri)
    }

    func judge(_ request: HTTPRequest, _ survey: RequestSurvey) -> RequestGate.Verdict {
        self.relented(self.gate.judge(request, survey), request.path ?? "")
    }

    private func relented(_ verdict: RequestGate.Verdict, _ target: String) -> RequestGate.Verdict {
        guard verdict == .refuse(.payloadTooLarge), self.owner(of: target) != nil else { return verdict }
        return .admit
    }

    /// A refusal in the words of the path's owner, if it has one.
    func ownRefusal(_ problem: Problem, _ request: NewestRequest) -> OwnRefusal? {
        self.owner(of: request.target)?.refusal(problem, request.contentType, isGet: request.isGet)
    }

    func makeRequestID() -> String { self.requestIDs.next() }

    func httpDate() -> String { self.date.now() }

    /// The hot route that a plain request is for, if any.
    func hotPlace(for head: HTTPRequestHead, _ survey: RequestSurvey) -> HotPlace? {
        guard survey.expectation == nil, !survey.isChunked, !survey.isConditional,
            survey.contentLength ?? 0 <= self.configuration.bodyLimit
        else { return nil }
        return self.hot.first { route in
            route.pattern.hasBody == survey.hasBody && route.pattern.matches(head.method, head.uri)
        }
    }

    /// The caller of a request; `nil` when it is refused, which is the router's to say.
    func caller(of head: HTTPRequestHead, for place: HotPlace) -> Caller? {
        guard let access = self.access else { return .anonymous }
        guard case .admitted(let caller) = access.judge(head.headers["authorization"], for: place.scope) else {
            return nil
        }
        return caller
    }
}

/// A hot route on one event loop.
struct HotPlace {
    let pattern: HotPattern
    let scope: Scope
    let responder: any HotResponder
}
