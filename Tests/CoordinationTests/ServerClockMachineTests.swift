import Coordination
import Support
import Testing

struct ServerClockMachineTests {
    /// Whatever the round trips and the drift, the true offset lies within the error that is told.
    @Test(arguments: Seed.cases(200))
    func `the offset is never further off than the error says`(seed: Seed) throws {
        var random = seed.random
        var machine = ServerClockMachine()
        let trueOffset = Int64.random(in: -1_000_000_000...1_700_000_000_000_000, using: &random)
        var now: UInt64 = 5_000_000_000
        for _ in 0..<40 {
            now += UInt64.random(in: 0...4_000_000_000, using: &random)
            let sentAt = now
            let there = UInt64.random(in: 0...50_000_000, using: &random)
            let back = UInt64.random(in: 0...50_000_000, using: &random)
            now += there + back
            machine.sampled(
                sentAt: sentAt,
                receivedAt: now,
                serverMicroseconds: Int64((sentAt + there) / 1000) + trueOffset
            )
            let offset = try #require(machine.offsetMicroseconds(at: now))
            let error = try #require(machine.errorNanoseconds(at: now))
            #expect((offset - trueOffset).magnitude <= error / 1000 + 1)
            #expect(error <= (there + back) / 2)
        }
    }

    @Test func `the error grows while nobody samples`() throws {
        var machine = ServerClockMachine()
        #expect(machine.offsetMicroseconds(at: 0) == nil)
        machine.sampled(sentAt: 0, receivedAt: 2_000_000, serverMicroseconds: 5_000)
        let soon = try #require(machine.errorNanoseconds(at: 2_000_000))
        let late = try #require(machine.errorNanoseconds(at: 3_600_000_000_000))
        #expect(soon == 1_000_000)
        #expect(late > 500_000_000)
    }

    @Test func `a server clock that was set is believed at once`() {
        var machine = ServerClockMachine()
        for second in UInt64(0)..<10 {
            machine.sampled(
                sentAt: second * 1_000_000_000,
                receivedAt: second * 1_000_000_000 + 1000,
                serverMicroseconds: Int64(second) * 1_000_000 + 100
            )
        }
        machine.sampled(
            sentAt: 11_000_000_000,
            receivedAt: 11_040_000_000,
            serverMicroseconds: 11_020_000 + 3_600_000_000
        )
        #expect(machine.offsetMicroseconds(at: 11_040_000_000) == 3_600_000_000)
    }
}

struct ServerTimeTests {
    @Test func `a window begins at a multiple of its length`() {
        #expect(ServerTime(milliseconds: 61_500).windowStart(lengthMilliseconds: 60_000).milliseconds == 60_000)
        #expect(ServerTime(milliseconds: 60_000).windowStart(lengthMilliseconds: 60_000).milliseconds == 60_000)
        #expect(ServerTime(milliseconds: 59_999).windowStart(lengthMilliseconds: 60_000).milliseconds == 0)
        #expect(ServerTime(milliseconds: -1).windowStart(lengthMilliseconds: 60_000).milliseconds == -60_000)
    }

    @Test func `RFC 3339 goes out and comes back`() {
        let time = ServerTime(milliseconds: 1_795_227_300_999)
        #expect(time.rfc3339 == "2026-11-21T02:15:00Z")
        #expect(ServerTime(rfc3339: "2026-11-21T02:15:00Z")?.milliseconds == 1_795_227_300_000)
        #expect(ServerTime(rfc3339: "1970-01-01T00:00:00Z")?.milliseconds == 0)
        #expect(ServerTime(rfc3339: "2024-02-29T23:59:59Z")?.rfc3339 == "2024-02-29T23:59:59Z")
    }

    @Test(arguments: [
        ("2026-12-01T00:18:21.885Z", 885, 885), ("2026-12-01T00:18:21.0Z", 0, 0),
        ("2026-12-01T00:18:21.9Z", 900, 900), ("2026-12-01T00:18:21.12Z", 120, 120),
        ("2026-12-01T00:18:21.8850001Z", 885, 886), ("2026-12-01T00:18:21.000000001Z", 0, 1),
        ("2026-12-01T00:18:21.999999999Z", 999, 1000), ("2026-12-01T00:18:21Z", 0, 0),
    ])
    func `a fraction of a second is read, and rounded as asked`(text: String, earlier: Int64, later: Int64) throws {
        let whole = try #require(ServerTime(rfc3339: "2026-12-01T00:18:21Z"))
        #expect(ServerTime(rfc3339: text, rounding: .earlier) == whole.advanced(byMilliseconds: earlier))
        #expect(ServerTime(rfc3339: text, rounding: .later) == whole.advanced(byMilliseconds: later))
    }

    @Test func `the last instant that can be written stays in its year`() {
        let last = ServerTime(rfc3339: "9999-12-31T23:59:59.999999999Z", rounding: .later)
        #expect(last?.rfc3339Milliseconds == "9999-12-31T23:59:59.999Z")
    }

    @Test(arguments: Seed.cases(50))
    func `what an answer says of a time is read back`(seed: Seed) {
        var random = seed.random
        let time = ServerTime(milliseconds: .random(in: 0..<253_402_300_800_000, using: &random))
        for rounding in [ServerTime.Rounding.earlier, .later] {
            #expect(ServerTime(rfc3339: time.rfc3339Milliseconds, rounding: rounding) == time)
            #expect(ServerTime(rfc3339: time.rfc3339Shortest, rounding: rounding) == time)
        }
    }

    @Test(arguments: [
        "2026-11-21T02:15:00.Z", "2026-11-21T02:15:00.0000000001Z", "2026-11-21T02:15:00.1", "2026-11-21T02:15:00,1Z",
        "2026-11-21T02:15:00.1z", "2026-11-21T02:15:00.-1Z", "2026-11-21T02:15:00.1+00:00", "2026-02-30T02:15:00.1Z",
        "2026-11-21T02:15:00.1 Z", "2026-11-21T02:15:60.5Z", "", "2026-11-21",
        "2026-11-21T02:15:00", "2026-11-21T02:15:00+00:00", "2026-11-21t02:15:00Z",
        "2026-13-21T02:15:00Z", "2026-02-30T02:15:00Z", "2026-11-21T24:15:00Z", "2026-11-21T02:60:00Z",
        "2026-11-21T02:15:61Z", "1969-12-31T23:59:59Z", "２026-11-21T02:15:00Z", "2026-11-21T02:15:00Z ",
    ])
    func `other spellings of a time are refused`(text: String) {
        #expect(ServerTime(rfc3339: text) == nil)
    }
}
