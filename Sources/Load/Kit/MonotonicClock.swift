import FoundationEssentials
import NIOCore

/// Monotonic nanoseconds for measuring, and what the wall clock showed at one of them.
///
/// Wall time is told from the monotonic clock, so that a step of the wall clock during a load moves nothing.
package struct MonotonicClock: Sendable {
    private let wallOffset: Int64

    package init() {
        self.wallOffset = Int64(Date().timeIntervalSince1970 * 1_000_000_000) - Self.now
    }

    /// Nanoseconds since some moment in the past.
    package static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// The wall clock at a monotonic instant, in nanoseconds since 1970.
    package func wall(at instant: Int64) -> Int64 { instant + self.wallOffset }
}

extension Duration {
    /// Whole nanoseconds, as far as 64 bits reach.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? Int64.max : product + attoseconds / 1_000_000_000
    }
}
