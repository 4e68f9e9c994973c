/// The answers of one HTTP/2 connection that its client does not take yet, as plain values; times are in nanoseconds of
/// one clock.
///
/// A client decides by its windows what may be sent. Bytes of a stream wait from when they were ready until their
/// frames have left; each frame that leaves is progress, and the wait begins anew.
package struct AnswerBacklog {
    package typealias Stream = Int

    private struct Wait {
        var bytes: Int
        var since: UInt64
    }

    private var waits: [Stream: Wait] = [:]
    /// Bytes of all streams that wait.
    package private(set) var bytes = 0

    package init() {}

    /// Streams that have bytes waiting.
    package var count: Int { self.waits.count }

    package mutating func ready(_ stream: Stream, bytes count: Int, at now: UInt64) {
        guard count > 0 else { return }
        self.bytes += count
        self.waits[stream, default: Wait(bytes: 0, since: now)].bytes += count
    }

    /// A frame has left; returns how many of the bytes that waited were in it.
    package mutating func left(_ stream: Stream, bytes count: Int, at now: UInt64) -> Int {
        guard var wait = self.waits[stream] else { return 0 }
        let gone = min(count, wait.bytes)
        wait.bytes -= gone
        wait.since = now
        self.bytes -= gone
        self.waits[stream] = wait.bytes > 0 ? wait : nil
        return gone
    }

    /// The stream is over; returns how many bytes of it nobody will ever take.
    package mutating func ended(_ stream: Stream) -> Int {
        let lost = self.waits.removeValue(forKey: stream)?.bytes ?? 0
        self.bytes -= lost
        return lost
    }

    /// The time since which the stream that waits longest has made no progress.
    package var oldest: UInt64? { self.waits.values.lazy.map(\.since).min() }

    /// The time since which every waiting stream has made no progress.
    package var newest: UInt64? { self.waits.values.lazy.map(\.since).max() }

    /// The streams that have made no progress since a time.
    package func stalled(since time: UInt64) -> [Stream] {
        self.waits.filter { $0.value.since <= time }.map(\.key).sorted()
    }
}
