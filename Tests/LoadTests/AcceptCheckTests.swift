import Load
import Testing

/// The check against a model of a service that is right, and then of one that is wrong by one.
struct AcceptCheckTests {
    private static let length: Int64 = 60
    private static let start: Int64 = 1_795_227_300

    /// A load and the counts that a right service would report about it.
    private struct Story {
        var tally = AcceptTally()
        var counts: [Int64: Set<Int>] = [:]
        var before: [Int64: Int] = [:]

        /// Random attempts; a share of them ends unknown, and half of those are counted.
        init(_ random: inout Seeded, doubts: Int, hasBefore: Bool, isTelling: Bool) {
            if hasBefore {
                self.counts[AcceptCheckTests.start] = Set((0..<20).map { _ in Int.random(in: 0..<60, using: &random) })
                self.before = self.counts.mapValues(\.count)
            }
            for _ in 0..<Int.random(in: 1...400, using: &random) {
                let id = Int.random(in: 0..<50, using: &random)
                let offset = Int64.random(in: 0..<180, using: &random)
                let window = AcceptCheckTests.start + offset / 60 * 60
                let instant = (AcceptCheckTests.start + offset) * 1_000_000_000
                let isUnknown = Int.random(in: 0..<100, using: &random) < doubts
                var isFirst = false
                if !isUnknown || Bool.random(using: &random) {
                    isFirst = self.counts[window, default: []].insert(id).inserted
                }
                let outcome: IDOutcome =
                    isUnknown ? .unknown(.closed) : .acked(window: window, isFirst: isTelling ? isFirst : nil)
                self.tally.record(outcome, id: id, from: instant, to: instant)
            }
        }

        var report: UniquesReport {
            let windows = (0..<3).map { AcceptCheckTests.start + Int64($0) * AcceptCheckTests.length }
            return UniquesReport(
                windowSeconds: AcceptCheckTests.length,
                windows: Dictionary(
                    uniqueKeysWithValues: windows.map { start in
                        (start, UniquesReport.Window(count: self.counts[start]?.count ?? 0, isClosed: true))
                    }
                )
            )
        }

        func check(isShared: Bool = false) -> AcceptCheck {
            var configuration = AcceptLoadConfiguration()
            configuration.lateness = .zero
            configuration.clockSkew = .zero
            configuration.isShared = isShared
            return AcceptCheck(
                self.tally,
                windowSeconds: AcceptCheckTests.length,
                before: self.before,
                configuration: configuration
            )
        }
    }

    @Test(arguments: 0..<300)
    func `a right service is never called wrong`(seed: Int) {
        var random = Seeded(seed)
        let story = Story(
            &random,
            doubts: [0, 5, 50][seed % 3],
            hasBefore: seed.isMultiple(of: 2),
            isTelling: !seed.isMultiple(of: 5)
        )
        let report = story.report
        #expect(story.check().complaints(report, again: report) == [])
        #expect(story.check(isShared: true).complaints(report, again: report) == [])
    }

    @Test(arguments: 0..<300)
    func `without doubt a service that is wrong by one in any window is called wrong`(seed: Int) throws {
        var random = Seeded(seed)
        let story = Story(&random, doubts: 0, hasBefore: seed.isMultiple(of: 2), isTelling: true)
        let check = story.check()
        let span = try #require(check.span)
        var report = story.report
        let window = try #require(report.windows.keys.filter(span.contains).sorted().randomElement(using: &random))
        let error = Bool.random(using: &random) ? 1 : -1
        report.windows[window]?.count += error
        #expect(check.complaints(report, again: report).count == 1)
        // Others may have added one, but never taken one away from what was acknowledged.
        let isLess = error < 0 && (report.windows[window]?.count ?? 0) >= -1
        #expect(story.check(isShared: true).complaints(report, again: report).isEmpty != isLess)
    }

    @Test(arguments: 0..<200)
    func `with doubt the counts may be off by the doubtful ids and no more`(seed: Int) throws {
        var random = Seeded(seed)
        let story = Story(&random, doubts: 10, hasBefore: false, isTelling: true)
        let check = story.check()
        for row in check.rows(story.report) {
            let highest = try #require(row.highest)
            #expect(highest - row.lowest <= row.doubtful)
            for (count, isRight) in [
                (row.lowest - 1, false), (row.lowest, true), (highest, true), (highest + 1, false),
            ] {
                var report = story.report
                report.windows[row.start]?.count = count
                #expect(check.rows(report).first { $0.start == row.start }?.isRight == isRight)
            }
        }
    }

    @Test
    func `an unknown attempt may have been counted in any window it touched`() {
        var tally = AcceptTally()
        let second: Int64 = 1_000_000_000
        tally.record(.unknown(.timedOut), id: 7, from: (Self.start + 58) * second, to: (Self.start + 61) * second)
        var configuration = AcceptLoadConfiguration()
        configuration.lateness = .seconds(60)
        configuration.clockSkew = .seconds(1)
        let check = AcceptCheck(tally, windowSeconds: 60, before: [:], configuration: configuration)
        #expect(check.span == Self.start...Self.start + 120)
        let empty = UniquesReport(windowSeconds: 60, windows: [:])
        #expect(check.rows(empty).map(\.doubtful) == [1, 1, 1])
        #expect(check.complaints(empty, again: empty) == [])
        #expect(!check.isSettled(empty, now: Self.start + 190, grace: 15))
        #expect(check.isSettled(empty, now: Self.start + 196, grace: 15))
    }

    @Test
    func `an acknowledged window must be reported and closed`() {
        var tally = AcceptTally()
        tally.record(.acked(window: Self.start, isFirst: true), id: 1, from: 0, to: 0)
        let check = AcceptCheck(tally, windowSeconds: 60, before: [:], configuration: AcceptLoadConfiguration())
        let missing = UniquesReport(windowSeconds: 60, windows: [:])
        #expect(!check.isSettled(missing, now: Int64.max / 2, grace: 0))
        #expect(check.complaints(missing, again: missing).count == 2)
        let open = UniquesReport(windowSeconds: 60, windows: [Self.start: .init(count: 1, isClosed: false)])
        #expect(!check.isSettled(open, now: Int64.max / 2, grace: 0))
        #expect(check.complaints(open, again: open).count == 1)
    }

    @Test
    func `tallies of several loops add up, and see a first that two of them were told`() {
        var (one, two) = (AcceptTally(), AcceptTally())
        for id in 0..<100 {
            let outcome = IDOutcome.acked(window: Self.start, isFirst: true)
            if id <= 50 { one.record(outcome, id: id, from: 0, to: 0) }
            if id >= 50 { two.record(outcome, id: id, from: 0, to: 0) }
        }
        one.finish(.acked(window: nil, isFirst: nil), nanoseconds: 5_000_000)
        two.finish(.unknown(.closed), nanoseconds: -1)
        one.add(two)
        #expect(one.windows[Self.start]?.acked.count == 100)
        #expect(one.windows[Self.start]?.doubleFirsts == 1)
        #expect(one.firsts == 101)
        #expect((one.acked, one.unknownCount) == (1, 1))
    }
}
