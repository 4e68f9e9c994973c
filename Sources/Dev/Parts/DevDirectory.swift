private import FoundationEssentials
private import Glibc
private import SystemPackage

/// The folder of one system, held by this process alone while it exists.
package struct DevDirectory: ~Copyable, Sendable {
    /// Absolute.
    package let path: String
    private let lock: FileDescriptor

    private static let marker = "tally-dev"
    private static let folders = ["chain", "log", "nginx", "redis", "run", "tls"]

    private init(path: String, lock: FileDescriptor) {
        self.path = path
        self.lock = lock
    }

    deinit {
        // The lock goes with the descriptor, and closing it has no error that would matter.
        try? self.lock.close()
    }

    /// Makes the folder if it is not there, and takes its lock, which ends with the process at the latest.
    ///
    /// Refuses a folder that has things of others where ours would go. `fresh` deletes what earlier runs left; nothing
    /// but our own folders is ever deleted, and only where our marker lies.
    package static func open(_ path: String, fresh: Bool) throws(DevError) -> DevDirectory {
        var root = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
        if root.count > 1, root.hasSuffix("/") { root.removeLast() }
        do {
            let directory = DevDirectory(path: root, lock: try Self.lock(root))
            let stale = fresh ? Self.folders : ["log", "run"]
            for folder in stale where FileManager.default.fileExists(atPath: directory.file(folder)) {
                try FileManager.default.removeItem(atPath: directory.file(folder))
            }
            if fresh { try Self.removeFile(directory.file("ports.json")) }
            for folder in Self.folders { try Self.make(directory.file(folder)) }
            return directory
        } catch let error as DevError {
            throw error
        } catch {
            throw .directoryUnusable(path: root, reason: "\(error)")
        }
    }

    package func file(_ name: String) -> String { "\(self.path)/\(name)" }

    package func write(_ text: String, to name: String) throws(DevError) {
        do {
            try Data(text.utf8).write(to: URL(filePath: self.file(name)), options: .atomic)
        } catch {
            throw .directoryUnusable(path: self.file(name), reason: "\(error)")
        }
    }

    /// The content of a file of ours, or nil when there is none.
    package func read(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: self.file(name)).map(Array.init)
    }

    private static func lock(_ root: String) throws -> FileDescriptor {
        let files = FileManager.default
        let marker = "\(root)/\(Self.marker)"
        if !files.fileExists(atPath: marker),
            Self.folders.contains(where: { files.fileExists(atPath: "\(root)/\($0)") })
        {
            throw DevError.directoryForeign(root)
        }
        try Self.make(root)
        let lock = try FileDescriptor.open(
            FilePath(marker),
            .readWrite,
            options: [.create, .closeOnExec],
            permissions: .ownerReadWrite
        )
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try lock.close()
            throw DevError.directoryInUse(root)
        }
        return lock
    }

    private static func removeFile(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }
}
