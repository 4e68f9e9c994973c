package import NIOCore
import NIOPosix

/// A clock that no change of the wall clock moves: `CLOCK_MONOTONIC`, with timers of NIO's event loops.
///
/// `Task.sleep` on the library's clocks goes through libdispatch, whose timers stall when the wall clock is set back
/// under a process (seen with libfaketime). A role that sleeps through its lease's end is safe, but of no use.
package struct LoopClock: Clock {
    /// Nanoseconds since some moment before the process started.
    package struct Instant: InstantProtocol {
        package let deadline: NIODeadline

        package func advanced(by duration: Duration) -> Instant {
            Instant(deadline: self.deadline + TimeAmount(duration))
        }

        package func duration(to other: Instant) -> Duration {
            .nanoseconds((other.deadline - self.deadline).nanoseconds)
        }

        package static func < (one: Instant, other: Instant) -> Bool { one.deadline < other.deadline }
    }

    package var now: Instant { Instant(deadline: .now()) }

    package var minimumResolution: Duration { .milliseconds(1) }

    package init() {}

    /// Returns at the instant or soon after; throws `CancellationError` when cancelled before.
    package func sleep(until instant: Instant, tolerance: Duration?) async throws {
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: instant.deadline) {}
        try await withTaskCancellationHandler {
            do { try await timer.futureResult.get() } catch { throw CancellationError() }
        } onCancel: {
            timer.cancel()
        }
    }
}

extension Clock where Self == LoopClock {
    package static var loop: LoopClock { LoopClock() }
}
