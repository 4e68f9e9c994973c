import Foundation
import Load
import Testing

struct LoadPartsTests {
    @Test(arguments: 0..<100)
    func `a set of ids is a set`(seed: Int) {
        var random = Seeded(seed)
        var (mine, other): (IDSet, IDSet) = (IDSet(), IDSet())
        var (mineModel, otherModel): (Set<Int>, Set<Int>) = ([], [])
        for _ in 0..<200 {
            let (left, right) = (Int.random(in: 0..<700, using: &random), Int.random(in: 0..<300, using: &random))
            #expect(mine.insert(left) == mineModel.insert(left).inserted)
            #expect(other.insert(right) == otherModel.insert(right).inserted)
        }
        let shared = mine.formUnion(other)
        #expect(shared == mineModel.intersection(otherModel).count)
        mineModel.formUnion(otherModel)
        #expect(mine.count == mineModel.count)
        #expect(mine.first(1000) == mineModel.sorted())
        #expect(mine.first(3) == Array(mineModel.sorted().prefix(3)))
        #expect((0..<2000).allSatisfy { mine.contains($0) == mineModel.contains($0) })
    }

    @Test(arguments: 0..<200)
    func `a time is written as a formatter writes it, and read back`(seed: Int) {
        var random = Seeded(seed)
        let seconds = Int64.random(in: -12_212_553_600..<253_402_300_800, using: &random)
        let text = RFC3339.text(seconds)
        #expect(text == Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle()))
        #expect(RFC3339.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "2026-11-21T02:15:00", "2026-11-21t02:15:00Z", "2026-13-21T02:15:00Z", "2026-02-29T02:15:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T02:60:00Z", "2026-11-21T02:15:0éZ", "2026-11-21T02:15:00+",
        "+026-11-21T02:15:00Z",
        "2026-11-00T02:15:00Z", "2026-11-21T02:15:00Z ",
    ])
    func `what is not a time is refused`(text: String) {
        #expect(RFC3339.seconds(text) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080), ("http://localhost", "localhost", 80),
        ("http://[::1]:9/", "::1", 9), ("http://[::1]", "::1", 80),
        ("https://localhost", "localhost", 443), ("https://[::1]:9/", "::1", 9),
    ])
    func `an origin is read`(url: String, host: String, port: Int) throws {
        let target = try LoadTarget(url)
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(try LoadTarget(target.description) == target)
    }

    @Test(arguments: [
        "", "http://", "https://", "ftp://a", "a:80", "http://a:0", "http://a:65536", "http://a:b", "http://a:",
        "http://a/b",
        "http://u@a", "http://a?b", "http://a b", "http://[::1", "http://[::1]x", "http://[]", "http://a:1:2",
        "http://:80",
    ])
    func `what is not an origin is refused`(url: String) {
        #expect(throws: LoadError.self) { try LoadTarget(url) }
    }

    @Test(
        arguments: [
            { $0.mode = .closed(requests: 0) }, { $0.mode = .open(rate: 0, seconds: 1) }, { $0.connections = 0 },
            { $0.mode = .open(rate: 1, seconds: 0) }, { $0.mode = .open(rate: 1_000_000, seconds: 86_400) },
            { $0.ids = 0 }, { $0.threads = 9 }, { $0.requestTimeout = .zero }, { $0.timeLimit = .zero },
            { $0.urls = [] },
            { $0.urls = ["x"] }, { $0.closeWait = .seconds(-1) },
        ] as [@Sendable (inout AcceptLoadConfiguration) -> Void]
    )
    func `a setting outside its range is refused`(change: @Sendable (inout AcceptLoadConfiguration) -> Void) throws {
        var configuration = AcceptLoadConfiguration()
        _ = try configuration.validated()
        change(&configuration)
        do {
            _ = try configuration.validated()
            Issue.record("it was accepted")
        } catch {
            guard case .badArgument = error else { throw error }
        }
    }

    @Test(arguments: [1, 2, 3, 7])
    func `the loops of a load share its requests without gap or overlap`(loops: Int) {
        for total in [1, 2, 3, 10, 100] {
            var ids: [Int] = []
            for loop in 0..<loops {
                var schedule = RequestSchedule(
                    total: total,
                    first: loop,
                    stride: loops,
                    ids: nil,
                    interval: 10,
                    start: 1000
                )
                let share = schedule.untaken
                var taken = 0
                #expect(schedule.next(at: 999) == nil)
                while let dueAt = schedule.nextDueAt {
                    #expect(schedule.next(at: dueAt - 1) == nil)
                    guard let request = schedule.next(at: dueAt) else { break }
                    #expect(request.dueAt == 1000 + Int64(request.id) * 10)
                    ids.append(request.id)
                    taken += 1
                }
                #expect(taken == share)
                #expect(schedule.untaken == 0)
            }
            #expect(ids.sorted() == Array(0..<total))
        }
    }

    @Test
    func `a closed load has its next request when asked, ids cycle, and repeats go first`() {
        var schedule = RequestSchedule(total: 5, first: 0, stride: 1, ids: 2, interval: nil, start: 0)
        let first = schedule.next(at: 100)
        #expect(first == PendingRequest(id: 0, dueAt: 100))
        #expect(schedule.next(at: 200)?.id == 1)
        if let first { schedule.repeat(first) }
        #expect(schedule.next(at: 300) == first)
        #expect((0..<4).map { _ in schedule.next(at: 400)?.id } == [0, 1, 0, nil])
    }

    @Test(arguments: [
        (200, ["ok"], IDOutcome.acked(window: 60, isFirst: true)),
        (200, ["o", "k"], .acked(window: 60, isFirst: true)),
        (200, [], .failed(.body)), (200, ["o"], .failed(.body)), (200, ["ok", "!"], .failed(.body)),
        (200, ["okokokok"], .failed(.body)), (200, ["ko"], .failed(.body)),
        (204, [], .failed(.status(204))), (301, ["ok"], .failed(.status(301))), (429, [], .failed(.status(429))),
        (500, [], .failed(.status(500))), (503, ["failed"], .unknown(.status(503))), (502, [], .unknown(.status(502))),
    ])
    func `an answer has one outcome, however its body is cut`(status: Int, body: [String], outcome: IDOutcome) {
        var answer = IDAnswer(status: status, window: 60, isFirst: true, isKeepingAlive: true)
        for piece in body { answer.append(Array(piece.utf8)) }
        #expect(answer.outcome == outcome)
    }

    @Test
    func `a bar is redrawn on a terminal, and elsewhere a line comes every five seconds`() {
        var progress = LoadProgress(
            phase: .sending,
            done: 50,
            total: 100,
            failed: 1,
            unknown: 0,
            repeated: 2,
            elapsed: .seconds(1)
        )
        var bar = ProgressBar(isTerminal: true, width: 10)
        #expect(bar.text(for: progress) == "\r[#####.....] 50 %  50/100  50/s  failed 1  repeated 2\u{1B}[K")
        #expect(bar.end() == "\r\u{1B}[K")
        var lines = ProgressBar(isTerminal: false, width: 2)
        #expect(lines.text(for: progress) == "[#.] 50 %  50/100  50/s  failed 1  repeated 2\n")
        progress.elapsed = .seconds(5)
        #expect(lines.text(for: progress) == nil)
        progress.elapsed = .seconds(6)
        progress.phase = .waiting(secondsLeft: 9)
        #expect(lines.text(for: progress)?.hasSuffix("(9 s at most)\n") == true)
        #expect(lines.end() == "")
    }
}
