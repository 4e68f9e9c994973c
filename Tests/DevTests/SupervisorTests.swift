import Dev
import Foundation
import Glibc
import Synchronization
import Testing

import func Support.eventually

/// Runs children under a supervisor while the body runs, then stops them.
func withSupervisor<Result: Sendable>(
    of children: [ChildProcess],
    _ body: () async throws -> Result
) async throws -> Result {
    let stops = Stops()
    let (announcements, announce) = AsyncStream.makeStream(of: Void.self)
    let supervisor = Supervisor(
        children: children,
        setpriv: try Programs.find("setpriv", package: "util-linux"),
        readyDeadline: .seconds(30)
    ) { _ in }
    async let run: Void = {
        defer { announce.finish() }
        try await supervisor.run(stops: stops.sequence) { announce.yield() }
    }()
    for await _ in announcements { break }
    do {
        let result = try await body()
        stops.stop()
        try await run
        return result
    } catch {
        stops.stop()
        try await run
        throw error
    }
}

/// Real processes: `sleep`, and shells that write down when they are told to end.
@Suite
struct SupervisorTests {
    private func shell(_ name: String, _ script: String, stage: Int = 0, in folder: String) -> ChildProcess {
        ChildProcess(
            name: name,
            stage: stage,
            executable: "/bin/sh",
            arguments: ["-c", script],
            environment: ["NAME": name],
            workingDirectory: folder,
            logPath: "\(folder)/\(name).log",
            pidPath: "\(folder)/\(name).pid",
            grace: .seconds(20),
            probe: .none
        )
    }

    /// Writes its name into `ended` when it gets SIGTERM, and goes.
    private let obedient = "trap 'echo $NAME >>ended; exit 0' TERM; echo $$ >ready-$NAME; while :; do sleep 0.02; done"

    @Test
    func `a killed child is there again, as another process`() async throws {
        try await withFolder { folder in
            let child = self.shell("a", self.obedient, in: folder)
            try await withSupervisor(of: [child]) {
                for _ in 0..<3 {
                    try await eventually("it runs") { pid(child.pidPath) != nil }
                    let first = try #require(pid(child.pidPath))
                    #expect(kill(pid_t(first), SIGKILL) == 0)
                    try await eventually("it runs again") { pid(child.pidPath).map { $0 != first } ?? false }
                }
            }
        }
    }

    @Test
    func `children are stopped from the top and leave nothing`() async throws {
        try await withFolder { folder in
            let children = (0..<3).map { self.shell("stage-\($0)", self.obedient, stage: $0, in: folder) }
            let pids = try await withSupervisor(of: children) {
                // A shell that has not set its trap yet would just die.
                for child in children {
                    try await eventually("it runs") { pid("\(folder)/ready-\(child.name)") != nil }
                }
                return children.compactMap { pid($0.pidPath) }
            }
            #expect(contents("\(folder)/ended") == "stage-2\nstage-1\nstage-0\n")
            #expect(pids.count == 3 && pids.allSatisfy { !isRunning($0) })
            for child in children { #expect(contents(child.pidPath) == nil) }
        }
    }

    @Test
    func `a child that does not listen is killed, with its own children`() async throws {
        try await withFolder { folder in
            var deaf = self.shell(
                "deaf",
                "trap '' TERM; sleep 300 & echo $! >grandchild; while :; do sleep 0.02; done",
                in: folder
            )
            deaf.grace = .milliseconds(100)
            let grandchild = try await withSupervisor(of: [deaf]) {
                try await eventually("it has a child") { pid("\(folder)/grandchild") != nil }
                return try #require(pid("\(folder)/grandchild"))
            }
            try await eventually("the grandchild is gone") { !isRunning(grandchild) }
        }
    }

    @Test
    func `a child that ends before it is ready is an error that shows its log`() async throws {
        try await withFolder { folder in
            var child = self.shell("b", "echo no such setting; exit 3", stage: 1, in: folder)
            child.probe = .tcp(host: "127.0.0.1", port: 1)
            let children = [self.shell("a", self.obedient, in: folder), child]
            let supervisor = Supervisor(
                children: children,
                setpriv: try Programs.find("setpriv", package: "util-linux"),
                readyDeadline: .seconds(30)
            ) { _ in }
            let expected = DevError.childEnded(
                name: "b",
                how: "exit code 3",
                log: child.logPath,
                lastLines: "no such setting\n"
            )
            await #expect(throws: expected) { try await supervisor.run(stops: Stops().sequence) {} }
            #expect(contents(children[0].pidPath) == nil)
        }
    }

    @Test
    func `a child that runs but does not answer is an error too`() async throws {
        try await withFolder { folder in
            var child = self.shell("a", self.obedient, in: folder)
            child.probe = .tcp(host: "127.0.0.1", port: 1)
            let supervisor = Supervisor(
                children: [child],
                setpriv: try Programs.find("setpriv", package: "util-linux"),
                readyDeadline: .milliseconds(200)
            ) { _ in }
            await #expect(throws: DevError.childNeverReady(name: "a", log: child.logPath, lastLines: "")) {
                try await supervisor.run(stops: Stops().sequence) {}
            }
        }
    }

    @Test
    func `the second stop does not wait`() async throws {
        try await withFolder { folder in
            let deaf = self.shell("deaf", "trap '' TERM; while :; do sleep 0.02; done", in: folder)
            let stops = Stops()
            let supervisor = Supervisor(
                children: [deaf],
                setpriv: try Programs.find("setpriv", package: "util-linux"),
                readyDeadline: .seconds(30)
            ) { _ in }
            // The grace of 20 s would outlast the deadline of the test's own wait.
            await #expect(throws: DevError.killed) {
                try await supervisor.run(stops: stops.sequence) {
                    stops.stop()
                    stops.stop()
                }
            }
            #expect(contents(deaf.pidPath) == nil)
        }
    }
}
