private import FoundationEssentials
private import Glibc
private import Subprocess
private import Synchronization
private import SystemPackage

/// A program to keep running: how it is started, how it is stopped and how one sees that it is ready.
package struct ChildProcess: Sendable {
    package var name: String
    /// Children of a lower stage start first and stop last.
    package var stage: Int
    /// Absolute path of the program.
    package var executable: String
    package var arguments: [String]
    /// Added to the environment of this process.
    package var environment: [String: String]
    package var workingDirectory: String
    /// Takes standard output and standard error.
    package var logPath: String
    /// Holds the process id, with a newline, while the process lives.
    package var pidPath: String
    /// Asks the program to end.
    package var stopSignal: CInt
    package var grace: Duration
    package var probe: ReadinessProbe

    package init(
        name: String,
        stage: Int,
        executable: String,
        arguments: [String],
        environment: [String: String] = [:],
        workingDirectory: String,
        logPath: String,
        pidPath: String,
        stopSignal: CInt = SIGTERM,
        grace: Duration,
        probe: ReadinessProbe
    ) {
        self.name = name
        self.stage = stage
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.logPath = logPath
        self.pidPath = pidPath
        self.stopSignal = stopSignal
        self.grace = grace
        self.probe = probe
    }

    /// Runs the program to its end and says how it ended, in words.
    ///
    /// The process leads a group of its own, so Ctrl-C at the terminal does not reach it; the rest of the group is
    /// killed when it ends, so that no nginx worker outlives its master. When the task is cancelled it is killed.
    /// `launched` gets the process id as soon as there is one.
    package func run(setpriv: String, launched: @escaping @Sendable (CInt) -> Void) async -> String {
        let leader = Mutex<CInt?>(nil)
        defer {
            if let pid = leader.withLock({ $0 }) { _ = kill(-pid, SIGKILL) }
            self.removePidFile()
        }
        do {
            let log = try FileDescriptor.open(
                FilePath(self.logPath),
                .writeOnly,
                options: [.create, .append, .closeOnExec],
                permissions: .ownerReadWrite
            )
            var options = PlatformOptions()
            options.processGroupID = 0
            // The kernel ends the child when this process dies, however it dies. It does so when the thread that
            // launched the child ends, and Subprocess launches all of them from one thread that lives on.
            let result = try await Subprocess.run(
                .path(FilePath(setpriv)),
                arguments: Arguments(["--pdeathsig", "TERM", "--", self.executable] + self.arguments),
                environment: .inherit.updating(self.childEnvironment),
                workingDirectory: FilePath(self.workingDirectory),
                platformOptions: options,
                input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                let pid = execution.processIdentifier.value
                try Data("\(pid)\n".utf8).write(to: URL(filePath: self.pidPath), options: .atomic)
                leader.withLock { $0 = pid }
                launched(pid)
            }
            switch result.terminationStatus {
            case .exited(let code): return "exit code \(code)"
            case .signaled(let signal): return "signal \(signal)"
            }
        } catch {
            return "\(error)"
        }
    }

    /// The last lines of its log, at most 2 KiB.
    package var lastLines: String {
        let content = FileManager.default.contents(atPath: self.logPath) ?? Data()
        return String(decoding: content.suffix(2048), as: UTF8.self)
    }

    private var childEnvironment: [Environment.Key: String?] {
        let pairs = self.environment.compactMap { name, value in
            Environment.Key(rawValue: name).map { ($0, Optional(value)) }
        }
        return Dictionary(pairs) { _, last in last }
    }

    private func removePidFile() {
        // The file is absent when the process never started; then there is nothing to remove.
        try? FileManager.default.removeItem(atPath: self.pidPath)
    }
}
