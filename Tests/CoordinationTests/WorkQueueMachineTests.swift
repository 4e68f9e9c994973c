import Coordination
import Redis
import Support
import Testing

@Suite
struct WorkQueueMachineTests {
    private static let streams = ["a", "b", "c"]

    @Test(arguments: Seed.cases(200))
    func `whatever happens, it reads, reclaims and cleans in time`(seed: Seed) {
        var random = seed.random
        let configuration = WorkQueue.Configuration()
        var now = Uptime(nanoseconds: .random(in: 0...1_000_000_000_000, using: &random))
        var machine = WorkQueueMachine(
            streams: Self.streams,
            configuration: configuration,
            at: now,
            jitter: .random(in: 0..<1, using: &random)
        )
        var last = (reclaim: now, clean: now)
        var rest: [String: String] = [:]
        var hasRead = true
        for _ in 0..<500 {
            switch machine.next(at: now, jitter: .random(in: 0..<1, using: &random)) {
            case .read(let block):
                #expect(block >= .milliseconds(1) && block <= configuration.block)
                if !rest.isEmpty { #expect(block == .milliseconds(1), "the rest of a reclaim waits for nothing") }
                hasRead = true
                now = now + block * Double.random(in: 0...1, using: &random)
            case .reclaim(let cursors):
                #expect(hasRead, "two reclaims without a read between them")
                hasRead = false
                #expect(
                    cursors
                        == (rest.isEmpty ? Dictionary(uniqueKeysWithValues: Self.streams.map { ($0, "0-0") }) : rest)
                )
                var answer: [String: String] = [:]
                for stream in cursors.keys.sorted() where Bool.random(using: &random) {
                    answer[stream] = Bool.random(using: &random) ? "0-0" : "5-\(Int.random(in: 0...9, using: &random))"
                }
                machine.reclaimed(answer)
                rest = answer.filter { $0.value != "0-0" }
                last.reclaim = now
            case .clean: last.clean = now
            }
            #expect(now - last.reclaim <= configuration.reclaimInterval * 1.5 + .milliseconds(1))
            #expect(now - last.clean <= configuration.cleanInterval * 1.5 + .milliseconds(1))
        }
    }

    @Test func `after failures it waits longer each time, up to a second, and begins anew`() {
        var machine = WorkQueueMachine(streams: ["a"], configuration: .init(), at: Uptime(nanoseconds: 0), jitter: 0)
        let pauses = (0..<8).map { _ in machine.failed(jitter: 1) }
        #expect(pauses == [50, 100, 200, 400, 800, 1000, 1000, 1000].map { .milliseconds($0) })
        #expect(machine.failed(jitter: 0) == .milliseconds(500))
        machine.succeeded()
        #expect(machine.failed(jitter: 0) == .milliseconds(25))
    }

    @Test func `who is slow takes less, so that nobody else takes it over, and more again when it is quick`() {
        var configuration = WorkQueue.Configuration()
        configuration.reclaimAfter = .seconds(1)
        let begun = Uptime(nanoseconds: 0)
        var machine = WorkQueueMachine(streams: ["a"], configuration: configuration, at: begun, jitter: 0)
        #expect(machine.batch == 16)
        let slow = (0..<6).map { _ in
            machine.handled(in: .milliseconds(251))
            return machine.batch
        }
        #expect(slow == [8, 4, 2, 1, 1, 1])
        let quick = (0..<5).map { _ in
            machine.handled(in: .milliseconds(250))
            return machine.batch
        }
        #expect(quick == [2, 4, 8, 16, 16])
    }
}
