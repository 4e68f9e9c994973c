import DequeModule

/// The order and the times in which requests are sent: the share of one event loop in a load.
///
/// With `stride` loops, loop `first` takes the requests numbered `first`, `first + stride`, … In closed mode
/// (`interval` nil) a request is due when somebody asks for it, in open mode at its place in the pace. A request to
/// repeat goes before new ones.
package struct RequestSchedule: Sendable {
    private var total: Int
    private let stride: Int
    private let ids: Int?
    private let interval: Double?
    private let start: Int64
    private var number: Int
    private var repeats: Deque<PendingRequest> = []

    /// A share of `total` requests; `ids` nil gives each its own id; times in nanoseconds.
    package init(total: Int, first: Int, stride: Int, ids: Int?, interval: Double?, start: Int64) {
        self.total = total
        self.stride = stride
        self.ids = ids
        self.interval = interval
        self.start = start
        self.number = first
    }

    /// Requests of this share that nobody has taken yet, repeats not counted.
    package var untaken: Int {
        self.number >= self.total ? 0 : (self.total - self.number - 1) / self.stride + 1
    }

    /// Has no more new requests.
    package mutating func end() { self.total = 0 }

    /// When the next new request is due: nil when there is none, a time gone by when it is due already.
    package var nextDueAt: Int64? {
        guard self.number < self.total else { return nil }
        guard let interval = self.interval else { return self.start }
        return self.start + Int64(Double(self.number) * interval)
    }

    /// Takes the next request that is due.
    package mutating func next(at now: Int64) -> PendingRequest? {
        if let request = self.repeats.popFirst() { return request }
        guard let dueAt = self.nextDueAt, dueAt <= now else { return nil }
        let id = self.ids.map { self.number % $0 } ?? self.number
        self.number += self.stride
        return PendingRequest(id: id, dueAt: self.interval == nil ? now : dueAt)
    }

    /// Gives a request back to be sent again.
    package mutating func `repeat`(_ request: PendingRequest) {
        self.repeats.append(request)
    }

    /// Takes a request that was given back, if there is one.
    package mutating func nextRepeat() -> PendingRequest? { self.repeats.popFirst() }
}
