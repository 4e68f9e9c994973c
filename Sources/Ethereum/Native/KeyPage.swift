private import Glibc

/// One page of memory for one secret of 32 bytes: never swapped, never in a dump, never in a child, wiped at its end.
@safe
package final class KeyPage: Sendable {
    static let secretBytes = 32
    /// `0x`, 64 digits and the end of the line.
    static let textBytes = 67

    /// Where the secret lies.
    ///
    /// It is written before anybody else has the page, and only read from then on.
    nonisolated(unsafe) let secret: UnsafeMutablePointer<UInt8>
    private let size: Int

    /// An empty page.
    ///
    /// It is for a secret's text first, which lies behind the place of the secret.
    private init() throws(SenderKeyError) {
        let size = Int(getpagesize())
        let page = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let page = unsafe page, unsafe page != MAP_FAILED else { throw .memory(Self.reason) }
        unsafe self.secret = page.bindMemory(to: UInt8.self, capacity: size)
        self.size = size
        guard unsafe mlock(page, size) == 0 else { throw .notLockable(Self.reason) }
        guard unsafe madvise(page, size, MADV_DONTDUMP) == 0, unsafe madvise(page, size, MADV_WIPEONFORK) == 0 else {
            throw .memory(Self.reason)
        }
    }

    deinit {
        unsafe mprotect(self.secret, self.size, PROT_READ | PROT_WRITE)
        unsafe explicit_bzero(self.secret, self.size)
        unsafe munmap(self.secret, self.size)
    }

    private var text: UnsafeMutablePointer<UInt8> { unsafe self.secret + Self.secretBytes }

    /// Turns the text into the secret, and lets nobody write on the page any more.
    private func decode(_ count: Int) throws(SenderKeyError) {
        let count = unsafe count > 0 && self.text[count - 1] == UInt8(ascii: "\n") ? count - 1 : count
        let hasPrefix = unsafe count > 2 && self.text[0] == UInt8(ascii: "0") && self.text[1] == UInt8(ascii: "x")
        let start = hasPrefix ? 2 : 0
        guard count - start == 2 * Self.secretBytes else { throw .malformed }
        for place in 0..<Self.secretBytes {
            let digit = start + 2 * place
            guard let high = unsafe Hex.value(of: self.text[digit]),
                let low = unsafe Hex.value(of: self.text[digit + 1])
            else { throw .malformed }
            unsafe self.secret[place] = high << 4 | low
        }
        unsafe explicit_bzero(self.text, Self.textBytes + 1)
        guard unsafe mprotect(self.secret, self.size, PROT_READ) == 0 else { throw .memory(Self.reason) }
    }

    /// The bits that a file's mode may have.
    ///
    /// Kubernetes gives a secret to a process that is not root as root's file that the process's group may read, and
    /// systemd as one of root and root's group with an access list, whose mask stands where the group's bits are. Our
    /// own file has no such reason: the mode of that we could have changed.
    private static func allowed(by status: stat) -> mode_t {
        guard status.st_uid == 0, status.st_gid == getegid() || status.st_gid == 0 else { return 0o600 }
        return 0o640
    }

    /// What the system says about the call that just failed.
    private static var reason: String { unsafe String(cString: strerror(errno)) }
}

extension KeyPage {
    /// A secret that stands in the program, because everybody knows it.
    package convenience init(published digits: StaticString) throws(SenderKeyError) {
        try self.init()
        let count = min(digits.utf8CodeUnitCount, Self.textBytes)
        unsafe self.text.update(from: digits.utf8Start, count: count)
        try self.decode(count)
    }

    /// A secret from a file that only its owner may read, or root's that the process's group may read as well.
    ///
    /// The descriptor is looked at, not the path: what is read is what was looked at.
    package convenience init(contentsOf path: String) throws(SenderKeyError) {
        try self.init()
        // Without O_NONBLOCK a pipe would make us wait before it can be refused.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .unreadable(Self.reason) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .unreadable(Self.reason) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .foreignOwner }
        guard status.st_mode & 0o7777 & ~Self.allowed(by: status) == 0 else {
            throw .tooOpen(mode: status.st_mode & 0o7777)
        }
        var count = 0
        // One byte more than is allowed shows that there are too many.
        while count <= Self.textBytes {
            let more = unsafe read(file, self.text + count, Self.textBytes + 1 - count)
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw .unreadable(Self.reason) }
            if more == 0 { break }
            count += more
        }
        guard count <= Self.textBytes else { throw .malformed }
        try self.decode(count)
    }
}
