/// One request of a load, from the moment it is due until its outcome is known or given up.
package struct PendingRequest: Hashable, Sendable {
    package let id: Int
    /// When it should be sent, in nanoseconds of the monotonic clock; latency counts from here.
    package let dueAt: Int64
    /// Times it was sent before.
    package var attempts = 0

    package init(id: Int, dueAt: Int64) {
        self.id = id
        self.dueAt = dueAt
    }
}
