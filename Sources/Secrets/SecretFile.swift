import Glibc
package import SystemPackage

/// Files with passwords, keys and tokens: one rule for all of them says who else may read them, which is nobody.
package enum SecretFile {
    /// Far more than any secret, and than any chain of certificates that lies beside a key.
    private static let limit = 1 << 20

    /// Opens a regular file of this process's user or of root that nobody else may read, for reading.
    ///
    /// The descriptor is looked at, not the path: the file that is read is the one that was looked at. The caller
    /// closes it.
    package static func open(_ path: String) throws(SecretFileError) -> FileDescriptor {
        let file: FileDescriptor
        // Without O_NONBLOCK a pipe would make us wait before it can be refused.
        do { file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking]) } catch {
            throw .unreadable("\(error)")
        }
        do throws(SecretFileError) { try Self.check(file) } catch {
            // It was only looked at: nothing can be lost in it.
            try? file.close()
            throw error
        }
        return file
    }

    /// The bytes of such a file: at most 1 MiB.
    package static func read(_ path: String) throws(SecretFileError) -> [UInt8] {
        let file = try Self.open(path)
        // It was only read: nothing can be lost in it.
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count: Int
            do { count = try unsafe part.withUnsafeMutableBytes { try unsafe file.read(into: $0) } } catch {
                throw .unreadable("\(error)")
            }
            if count == 0 { return bytes }
            bytes += part[..<count]
            guard bytes.count <= Self.limit else { throw .notRegular }
        }
    }

    /// The first line of such a file; `nil` when there is none.
    package static func firstLine(_ path: String) throws(SecretFileError) -> String? {
        let line = try Self.read(path).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).first
        return line.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func check(_ file: FileDescriptor) throws(SecretFileError) {
        let status: Stat
        do { status = try file.stat() } catch { throw .unreadable("\(error)") }
        guard status.type == .regular else { throw .notRegular }
        guard status.userID.rawValue == geteuid() || status.userID.rawValue == 0 else { throw .foreignOwner }
        guard Self.allowed(by: status).isSuperset(of: status.permissions) else {
            throw .tooOpen(mode: UInt32(status.permissions.rawValue))
        }
    }

    /// The bits that a file's mode may have.
    ///
    /// Kubernetes gives a secret to a process that is not root as root's file that the process's group may read, and
    /// systemd as one of root and root's group with an access list, whose mask stands where the group's bits are. Our
    /// own file has no such reason: the mode of that we could have changed.
    private static func allowed(by status: Stat) -> FilePermissions {
        let group = status.groupID.rawValue
        guard status.userID.rawValue == 0, group == getegid() || group == 0 else { return .ownerReadWrite }
        return [.ownerReadWrite, .groupRead]
    }
}
