import Glibc
package import Logging
package import NIOSSL
import ServiceLifecycle
import Synchronization
import SystemPackage
import Timing

/// A listener's certificate, read again when its files change: connections from then on get the new one.
///
/// As a service it looks at the files once a minute. Files that cannot be used leave the old certificate in place, and
/// the log says so once.
package final class ServerCertificate: Service, Sendable {
    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp]
    }

    /// The marks by which a file differs from the one before.
    private struct Stamp: Equatable {
        var inode: UInt64 = 0
        var size: Int64 = 0
        var seconds: Int = 0
        var nanoseconds: Int = 0
    }

    private let files: TLSFiles
    private let interval: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// Throws when the files cannot be used as they are now.
    package init(
        _ files: TLSFiles,
        interval: Duration = .seconds(60),
        logger: Logger
    ) throws(TLSError) {
        self.files = files
        self.interval = interval
        self.logger = logger
        // The stamps first: a change while we read is seen at the next look.
        let stamps = Self.stamps(of: files)
        self.state = Mutex(State(context: try files.serverContext(), stamps: stamps))
    }

    /// For the next connection.
    package var context: NIOSSLContext { self.state.withLock(\.context) }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: self.interval, clock: .loop)) != nil { self.look() }
        }
    }

    /// Takes the files as they are now if any of them has changed since the last look.
    package func look() {
        let stamps = Self.stamps(of: self.files)
        let isNew = self.state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps != stamps
        }
        guard isNew else { return }
        do {
            let context = try self.files.serverContext()
            self.state.withLock { $0.context = context }
            self.logger.notice("The listener's certificate was read again")
        } catch {
            self.logger.error("The listener's new certificate cannot be used", metadata: ["error": "\(error)"])
        }
    }

    private static func stamps(of files: TLSFiles) -> [Stamp] {
        [files.certificate, files.key, files.clientAuthority].compactMap { $0 }.map { path in
            // One that is away now is different from one that was there.
            guard let status = try? FilePath(path).stat() else { return Stamp() }
            return Stamp(
                inode: UInt64(status.inode.rawValue),
                size: status.size,
                seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec
            )
        }
    }
}
