import Glibc

/// The few system calls that Swift can only make with pointers.
///
/// All unsafe code of this module is in this file, and nothing unsafe leaves it.
package enum SystemCalls {
    /// The wall clock, in microseconds since 1970-01-01T00:00:00Z.
    package static func microsecondsSinceEpoch() -> Int64 {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }

    /// Whether the descriptor is a regular file, to which a write never waits for a reader.
    package static func isRegularFile(_ descriptor: CInt) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Waits until the descriptor takes bytes or is broken, at most so long.
    ///
    /// False when the time passed first. A signal that interrupts the wait counts as ready.
    package static func waitUntilWritable(_ descriptor: CInt, milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) != 0
    }

    package enum Written: Hashable, Sendable {
        case bytes(Int)
        case wouldBlock
        case interrupted
        case broken
    }

    /// Makes one `write(2)` of the bytes in the range.
    package static func write(_ bytes: [UInt8], in range: Range<Int>, to descriptor: CInt) -> Written {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            let slice = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
            return unsafe Glibc.write(descriptor, slice.baseAddress, slice.count)
        }
        if count >= 0 { return .bytes(count) }
        switch errno {
        case EAGAIN, EWOULDBLOCK: return .wouldBlock
        case EINTR: return .interrupted
        default: return .broken
        }
    }

    /// The text of a small file such as those of `/proc`, or nil when it cannot be read.
    ///
    /// Reads at most 64 KiB.
    package static func text(ofFile path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }

        var content = [UInt8](repeating: 0, count: 65536)
        var filled = 0
        while filled < content.count {
            let offset = filled
            let count = unsafe content.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
                return unsafe read(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        return String(decoding: content[..<filled], as: UTF8.self)
    }

    /// How many entries a directory has, without `.` and `..`, or nil when it cannot be read.
    package static func entryCount(ofDirectory path: String) -> Int? {
        guard let directory = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(directory) }

        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count - 2
    }
}
