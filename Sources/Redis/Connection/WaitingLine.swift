import DequeModule

/// Callers that wait for room on a connection, first come, first served: pure.
package struct WaitingLine<Ticket> {
    private struct Place {
        let ticket: Ticket
        let deadline: Uptime
    }

    private var places = Deque<Place>()
    private let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    package var isEmpty: Bool { self.places.isEmpty }
    package var count: Int { self.places.count }

    /// Returns whether there was a place left.
    package mutating func join(_ ticket: Ticket, deadline: Uptime) -> Bool {
        guard self.places.count < self.limit else { return false }
        self.places.append(Place(ticket: ticket, deadline: deadline))
        return true
    }

    package mutating func next() -> (ticket: Ticket, deadline: Uptime)? {
        self.places.popFirst().map { ($0.ticket, $0.deadline) }
    }

    /// Takes out those whose deadline has passed, oldest first.
    ///
    /// Costs one look at each place.
    package mutating func expired(at now: Uptime) -> [Ticket] {
        guard self.places.contains(where: { $0.deadline <= now }) else { return [] }
        let expired = self.places.filter { $0.deadline <= now }.map(\.ticket)
        self.places.removeAll { $0.deadline <= now }
        return expired
    }

    package mutating func removeAll() -> [Ticket] {
        defer { self.places.removeAll() }
        return self.places.map(\.ticket)
    }
}
