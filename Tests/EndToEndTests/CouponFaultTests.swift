import Foundation
import Support
import Testing

/// Exactly N, whatever dies: many clients at once, and instances and Redis that are killed between.
struct CouponFaultTests {
    /// Kills the victims one after the other, each when the crowd has come a bit farther.
    static func kill(_ victims: [String], of system: TallySystem, during crowd: Program) async throws {
        for (index, name) in victims.enumerated() {
            let share = Double(index + 1) / Double(victims.count + 1)
            try await eventually("the crowd comes to \(share)", within: .seconds(120)) {
                !crowd.isRunning || CouponPeer.progress(crowd) >= share
            }
            // A process that is being started again is not there to be killed.
            if let pid = try? system.pid(name) { Glibc.kill(pid, SIGKILL) }
        }
    }

    static func audit(_ system: TallySystem) async throws {
        let audit = try await TallySystem.run([
            "audit", "coupons", "--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0",
        ])
        #expect(audit.code == 0, "\(audit.output.suffix(3000))")
    }

    @Test func `fifty campaigns give each of their coupons once while instances and Redis are killed`() async throws {
        try await TallySystem.with { system in
            // A soak has even sizes instead of mostly small ones.
            let size = Round.length > 1 ? ["--even"] : []
            let seed = "\(Round.seed.number % 1_000_000)"
            let crowd = try await CouponPeer.crowd(system, ["--seed", seed] + size) { crowd in
                let victims = ["instance-1", "redis", "instance-2", "redis", "instance-1", "instance-2", "redis"]
                try await Self.kill(victims, of: system, during: crowd)
            }
            print(crowd)
            #expect(crowd.ids.count == 50 && Set(crowd.ids).count == 50)
            #expect((crowd.repeated ?? 0) > 0, "nothing was ever repeated: the test has proved nothing")
            try await Self.audit(system)
        }
    }
}
