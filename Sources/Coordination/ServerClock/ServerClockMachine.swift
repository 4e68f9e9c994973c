/// The bounds of Redis's clock that follow from the samples taken so far, as plain values.
///
/// Local times are nanoseconds of a monotonic clock, server times microseconds since 1970. A sample's server time was
/// read somewhere between sending and receiving, so half of the round trip bounds its error (Cristian's algorithm).
package struct ServerClockMachine: Hashable, Sendable {
    private struct Sample: Hashable {
        let offsetMicroseconds: Int64
        let errorNanoseconds: UInt64
        let takenAt: UInt64
    }

    /// How far two clocks may drift apart, in parts per million; crystals stay below 100.
    private static let driftPartsPerMillion: UInt64 = 200
    private static let sampleLimit = 16

    private var samples: [Sample] = []

    package init() {}

    package mutating func sampled(sentAt: UInt64, receivedAt: UInt64, serverMicroseconds: Int64) {
        guard receivedAt >= sentAt else { return }
        let roundTrip = receivedAt - sentAt
        let middle = sentAt + roundTrip / 2
        let sample = Sample(
            offsetMicroseconds: serverMicroseconds - Int64(middle / 1000),
            errorNanoseconds: roundTrip / 2,
            takenAt: receivedAt
        )
        // Samples that cannot both be true mean that a clock was set: only the newest counts then.
        if let best = self.best(at: receivedAt), !self.agree(best, sample, at: receivedAt) { self.samples = [] }
        self.samples.append(sample)
        if self.samples.count > Self.sampleLimit { self.samples.removeFirst() }
    }

    /// Server time less local time, in microseconds; `nil` before the first sample.
    package func offsetMicroseconds(at now: UInt64) -> Int64? { self.best(at: now)?.offsetMicroseconds }

    /// How wrong the offset may be, in nanoseconds; `nil` before the first sample.
    package func errorNanoseconds(at now: UInt64) -> UInt64? { self.best(at: now).map { self.error(of: $0, at: now) } }

    private func best(at now: UInt64) -> Sample? {
        self.samples.min { self.error(of: $0, at: now) < self.error(of: $1, at: now) }
    }

    private func error(of sample: Sample, at now: UInt64) -> UInt64 {
        let age = now > sample.takenAt ? now - sample.takenAt : 0
        return sample.errorNanoseconds + age / 1_000_000 * Self.driftPartsPerMillion
    }

    private func agree(_ one: Sample, _ other: Sample, at now: UInt64) -> Bool {
        let distance = (one.offsetMicroseconds - other.offsetMicroseconds).magnitude
        return distance <= (self.error(of: one, at: now) + self.error(of: other, at: now)) / 1000 + 1
    }
}
