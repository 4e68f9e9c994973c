import NIOCore
import Synchronization

/// Runs the tasks of an event loop's connections on that loop.
///
/// Without it every step of a request between two awaits is a hop to a thread of the global pool and back: measured on
/// two cores, more than half of the service's CPU time. Tasks on it must not block and must not compute for long.
final class LoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // unsafe: the pointer is used in this call only, and the executors of loops are kept.
        self.eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The executor of each event loop, made when it is first asked for and kept: jobs refer to it without owning it.
final class LoopTaskExecutors: Sendable {
    private let executors = Mutex<[ObjectIdentifier: LoopTaskExecutor]>([:])

    func executor(of eventLoop: any EventLoop) -> LoopTaskExecutor {
        self.executors.withLock { executors in
            let key = ObjectIdentifier(eventLoop)
            if let executor = executors[key] { return executor }
            let executor = LoopTaskExecutor(eventLoop)
            executors[key] = executor
            return executor
        }
    }
}
