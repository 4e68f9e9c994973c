package import Foundation
import Synchronization

/// A program that runs beside the tests and never outlives them, however they end.
package final class ChildProcess: Sendable {
    package let identifier: Int32
    private let process: Mutex<Process>

    /// Starts `program`, found on the `PATH`.
    package init(_ program: String, _ arguments: [String], directory: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // The kernel kills it when the thread that started it ends: see `Spawner`.
        process.arguments = ["setpriv", "--pdeathsig", "KILL", program] + arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        self.identifier = try Spawner.shared.start(process)
        self.process = Mutex(process)
    }

    /// Asks the kernel, because `Process` may learn of an end only when all its siblings have ended too.
    package var isRunning: Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(self.identifier)/stat", encoding: .utf8),
            let name = status.lastIndex(of: ")")
        else { return false }
        // A zombie has ended: only nobody has asked how.
        return !status[name...].hasPrefix(") Z")
    }

    package func signal(_ number: Int32) {
        guard self.isRunning else { return }
        _ = kill(self.identifier, number)
    }

    /// Ends it by `number` and waits until it is gone; after 5 s, times ``Patience/factor``, it is killed.
    package func end(_ number: Int32) {
        self.signal(number)
        for _ in 0..<Int(5000 * Patience.factor) {
            guard self.isRunning else { return }
            usleep(1000)
        }
        self.signal(SIGKILL)
        while self.isRunning { usleep(1000) }
    }
}

/// Starts all children from one thread that lives as long as the process.
///
/// A parent-death signal goes out when the *thread* that started the child ends, and threads of a pool come and go.
package final class Spawner: Sendable {
    private struct Job: @unchecked Sendable {
        let process: Process
        let done: DispatchSemaphore
        let outcome: Outcome
    }

    /// Written by the spawning thread before `done` is signalled, read after.
    private final class Outcome: Sendable {
        let result = Mutex<Result<Int32, any Error>?>(nil)
    }

    package static let shared = Spawner()
    private let jobs = Mutex<[Job]>([])
    private let arrived = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            Self.unblockSignals()
            while true {
                self.arrived.wait()
                guard let job = self.jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
                job.outcome.result.withLock { result in
                    result = Result {
                        try job.process.run()
                        return job.process.processIdentifier
                    }
                }
                job.done.signal()
            }
        }
        thread.start()
    }

    /// Children inherit the mask, and threads of a pool, one of which made this one, block nearly everything.
    private static func unblockSignals() {
        var none = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// Starts `process`, whose arguments may ask for a parent-death signal, and returns its id.
    @discardableResult
    package func start(_ process: Process) throws -> Int32 {
        let job = Job(process: process, done: DispatchSemaphore(value: 0), outcome: Outcome())
        self.jobs.withLock { $0.append(job) }
        self.arrived.signal()
        job.done.wait()
        guard let result = job.outcome.result.withLock(\.self) else {
            throw NeverHappened(description: "a process was not started")
        }
        return try result.get()
    }
}
