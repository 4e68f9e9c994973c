import DequeModule
import Outbound

/// The endpoints that are owed a callback, as plain values.
///
///     absent ──ask──▶ queued ──start──▶ running ──ended──▶ absent
///                                          └──ask──▶ running, asked again ──ended──▶ queued
///
/// However often an endpoint is asked for while it waits, it is called once, with the count of that time.
struct CallbackMachine: Sendable {
    private enum State {
        case queued
        case running
        case runningAskedAgain
    }

    enum AskAction: Hashable {
        case queued
        /// A callback that is still owed serves this request too.
        case coalesced
        /// Too many endpoints are owed one.
        case dropped
    }

    private var states: [Endpoint: State] = [:]
    private var queue: Deque<(endpoint: Endpoint, traceparent: String?)> = []
    private var running = 0
    private let endpointLimit: Int
    private let concurrentLimit: Int

    init(endpointLimit: Int, concurrentLimit: Int) {
        self.endpointLimit = endpointLimit
        self.concurrentLimit = concurrentLimit
    }

    mutating func ask(_ endpoint: Endpoint, traceparent: String?) -> AskAction {
        switch self.states[endpoint] {
        case .queued, .runningAskedAgain: return .coalesced
        case .running:
            self.states[endpoint] = .runningAskedAgain
            return .coalesced
        case nil:
            guard self.states.count < self.endpointLimit else { return .dropped }
            self.states[endpoint] = .queued
            self.queue.append((endpoint, traceparent))
            return .queued
        }
    }

    /// The next endpoint to call; `nil` while nothing waits or enough is under way.
    mutating func start() -> (endpoint: Endpoint, traceparent: String?)? {
        guard self.running < self.concurrentLimit, let next = self.queue.popFirst() else { return nil }
        self.states[next.endpoint] = .running
        self.running += 1
        return next
    }

    mutating func ended(_ endpoint: Endpoint) {
        self.running -= 1
        if self.states[endpoint] == .runningAskedAgain {
            self.states[endpoint] = .queued
            self.queue.append((endpoint, nil))
        } else {
            self.states[endpoint] = nil
        }
    }
}
