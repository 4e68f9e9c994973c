private import Glibc
import Secrets
import SystemPackage

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

    /// The system's words about the call that just failed.
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
    package convenience init(contentsOf path: String) throws(SenderKeyError) {
        try self.init()
        let file: FileDescriptor
        do { file = try SecretFile.open(path) } catch { throw SenderKeyError(error) }
        // It was only read: nothing can be lost in it.
        defer { try? file.close() }
        var count = 0
        // One byte more than is allowed shows that there are too many.
        while count <= Self.textBytes {
            // Straight into the page: an array on the way would be a copy.
            let more = unsafe read(file.rawValue, self.text + count, Self.textBytes + 1 - count)
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw .unreadable(Self.reason) }
            if more == 0 { break }
            count += more
        }
        guard count <= Self.textBytes else { throw .malformed }
        try self.decode(count)
    }
}
