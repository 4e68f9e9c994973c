import Foundation
import Synchronization

/// A real Redis of the tests' own: private folder, loopback port and unix socket, gone with the tests.
///
/// It ends with its last reference, which may be earlier than the end of the scope: `defer { server.kill() }`.
package final class RedisServer: Sendable {
    package struct Options: Sendable {
        /// The server, by name or path.
        package var program = "redis-server"
        package var appendOnly = false
        /// `always`, `everysec` or `no`.
        package var appendFsync = "always"
        /// The default user's password.
        package var password: String?
        /// Lines of an ACL file, such as `user alice on >secret ~* +@all`.
        package var users: [String] = []
        /// Listens on ``RedisServer/tlsPort`` too, with ``RedisServer/certificate``.
        package var usesTLS = false
        /// The names that its certificate is for.
        package var certificateNames = "DNS:localhost,IP:127.0.0.1"
        /// Whether TLS asks clients for a certificate of the same authority.
        package var asksClients = false
        /// More of `redis-server`'s arguments, such as `--maxmemory 2mb`.
        package var arguments: [String] = []

        package init() {}
    }

    /// One server that every test may use, with keys of its own and without changing the server's settings.
    package static let shared: RedisServer = {
        do { return try RedisServer() } catch { preconditionFailure("no Redis for the tests: \(error)") }
    }()

    package let folder: TemporaryFolder
    package let port: Int
    package let tlsPort: Int
    package let options: Options
    /// The authority that vouches for the server's certificate; `nil` without TLS.
    package let authority: CertificateAuthority?
    private let child: Mutex<ChildProcess?>
    private let starts = Mutex(0)

    /// Starts a server and waits until it answers.
    package init(_ options: Options = Options()) throws {
        self.folder = try TemporaryFolder("tally-redis")
        self.options = options
        self.port = try freePort()
        self.tlsPort = options.usesTLS ? try freePort() : 0
        self.child = Mutex(nil)
        if options.usesTLS {
            let authority = try CertificateAuthority(in: self.folder.url)
            _ = try authority.issue("server", names: options.certificateNames)
            self.authority = authority
        } else {
            self.authority = nil
        }
        try self.start()
    }

    deinit { self.kill() }

    package var url: String { "redis://127.0.0.1:\(self.port)/0" }
    package var socketPath: String { self.folder.url.appendingPathComponent("s").path }
    /// PEM file of the authority that the server's certificate is from.
    package var certificate: String { self.authority?.certificate ?? "" }
    package var identifier: Int32 { self.child.withLock { $0?.identifier ?? 0 } }

    /// Starts it again after ``kill()`` or ``stop()``, with the same port and data, and waits until it answers.
    package func start(waits: Bool = true) throws {
        let number = self.starts.withLock { starts in
            starts += 1
            return starts
        }
        let log = "log-\(number)"
        let child = try ChildProcess(self.options.program, try self.arguments(log: log), directory: self.folder.url)
        self.child.withLock { $0 = child }
        guard waits else { return }
        let logFile = self.folder.url.appendingPathComponent(log)
        for _ in 0..<Int(10_000 * Patience.factor) {
            let text = (try? String(contentsOf: logFile, encoding: .utf8)) ?? ""
            if text.contains("Ready to accept connections") { return }
            guard child.isRunning else { throw NeverHappened(description: "redis-server ended:\n\(text)") }
            usleep(2000)
        }
        throw NeverHappened(description: "redis-server did not start")
    }

    /// Ends it as an operator would.
    package func stop() { self.child.withLock(\.self)?.end(SIGTERM) }

    /// Ends it without warning.
    package func kill() { self.child.withLock(\.self)?.end(SIGKILL) }

    /// Freezes it: its sockets stay open and nobody answers.
    package func pause() { self.child.withLock(\.self)?.signal(SIGSTOP) }

    package func resume() { self.child.withLock(\.self)?.signal(SIGCONT) }

    private func arguments(log: String) throws -> [String] {
        var arguments = [
            "--port", "\(self.port)", "--bind", "127.0.0.1", "--unixsocket", self.socketPath, "--dir",
            self.folder.url.path, "--logfile", log, "--save", "", "--appendonly",
            self.options.appendOnly ? "yes" : "no", "--appendfsync", self.options.appendFsync,
            "--enable-debug-command", "local", "--daemonize", "no",
        ]
        if let password = self.options.password { arguments += ["--requirepass", password] }
        if !self.options.users.isEmpty {
            let file = self.folder.url.appendingPathComponent("users.acl")
            try self.options.users.joined(separator: "\n").appending("\n").write(
                to: file,
                atomically: true,
                encoding: .utf8
            )
            arguments += ["--aclfile", file.path]
        }
        if self.options.usesTLS {
            arguments += ["--tls-port", "\(self.tlsPort)", "--tls-auth-clients"]
            arguments += [self.options.asksClients ? "yes" : "no"]
            arguments += [
                "--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem",
            ]
        }
        return arguments + self.options.arguments
    }
}
