/// One sending of a change, from the moment it is due until it is answered for good.
package struct ChangeAttempt: Hashable, Sendable {
    package let number: Int
    /// Whether this is the deliberate repeat.
    package let isRepeat: Bool
    /// When it should be sent, in nanoseconds of the monotonic clock; latency counts from here.
    package let dueAt: Int64
    /// Times it was sent before.
    package var attempts = 0
    /// The target that it should go to, once it is sent again.
    package var target: Int

    package init(number: Int, isRepeat: Bool, dueAt: Int64, target: Int) {
        self.number = number
        self.isRepeat = isRepeat
        self.dueAt = dueAt
        self.target = target
    }
}
