import Foundation

/// Looks through all readable memory of this process for pieces of a secret that it does not itself know.
///
/// A piece is 8 bytes of the secret in either order, as the limbs of a number lie in memory, or the 16 hexadecimal
/// digits of one. They are kept with a mask over them, and what is read goes into memory that is not looked through.
struct MemoryScan {
    struct Place {
        var hits: Int
        /// As `/proc/self/smaps` has them.
        var flags: Set<Substring>
    }

    static let mask: UInt8 = 0x5A
    private static let chunk = 1 << 20

    private let pieces: [[UInt8]]

    init(masked: [UInt8]) {
        let reversed = [UInt8](masked.reversed())
        let limbs = stride(from: 0, to: 32, by: 8).flatMap { start in
            [[UInt8](masked[start..<start + 8]), [UInt8](reversed[start..<start + 8])]
        }
        let digits = stride(from: 0, to: 32, by: 8).flatMap { start in
            ["0123456789abcdef", "0123456789ABCDEF"].map { alphabet in
                let alphabet = [UInt8](alphabet.utf8)
                return masked[start..<start + 8].flatMap { byte in
                    let byte = byte ^ Self.mask
                    return [alphabet[Int(byte >> 4)] ^ Self.mask, alphabet[Int(byte & 0xF)] ^ Self.mask]
                }
            }
        }
        self.pieces = limbs + digits
    }

    /// The mappings in which there is something.
    func places() -> [Place] {
        let file = unsafe open("/proc/self/mem", O_RDONLY)
        defer { close(file) }
        let protection = PROT_READ | PROT_WRITE
        guard file >= 0, let buffer = unsafe mmap(nil, Self.chunk, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe buffer != MAP_FAILED
        else { return [Place(hits: -1, flags: [])] }
        defer { unsafe munmap(buffer, Self.chunk) }
        let own = UInt(bitPattern: buffer)
        return Self.mappings().compactMap { start, end, flags in
            var hits = 0
            // The kernel may have put what is read into into one mapping with its neighbours.
            let parts = [(start, min(end, own)), (max(start, own + UInt(Self.chunk)), end)]
            for (start, end) in parts where start < end {
                // The next chunk begins where a piece that the last one cut off would begin.
                for place in stride(from: start, to: end, by: Self.chunk - 15) {
                    let count = unsafe pread(file, buffer, min(Self.chunk, Int(end - place)), off_t(place))
                    if count > 0 { hits += unsafe self.hits(buffer, count) }
                }
            }
            return hits > 0 ? Place(hits: hits, flags: flags) : nil
        }
    }

    private func hits(_ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        var hits = 0
        for piece in self.pieces {
            // Two bytes of a piece are not yet one, and rule out nearly everything.
            let (first, second) = (piece[0] ^ Self.mask, piece[1] ^ Self.mask)
            var start = UnsafeRawPointer(buffer)
            let end = unsafe start + count
            while let found = unsafe memchr(start, CInt(first), end - start) {
                let bytes = UnsafeRawPointer(found)
                unsafe start = bytes + 1
                guard unsafe end - bytes >= piece.count else { break }
                guard unsafe bytes.load(fromByteOffset: 1, as: UInt8.self) == second else { continue }
                let isHit = piece.indices.allSatisfy { place in
                    unsafe bytes.load(fromByteOffset: place, as: UInt8.self) == piece[place] ^ Self.mask
                }
                if isHit { hits += 1 }
            }
        }
        return hits
    }

    /// Foundation reads a file of `/proc` to the end of its first piece only.
    private static func text(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        var data = Data()
        while let more = try? file.read(upToCount: 1 << 16), !more.isEmpty { data += more }
        return String(decoding: data, as: UTF8.self)
    }

    private static func mappings() -> [(start: UInt, end: UInt, flags: Set<Substring>)] {
        let text = Self.text("/proc/self/smaps")
        var mappings: [(start: UInt, end: UInt, flags: Set<Substring>)] = []
        var isReadable = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let range = words.first?.split(separator: "-"), range.count == 2, let start = UInt(range[0], radix: 16),
                let end = UInt(range[1], radix: 16)
            {
                // The kernel's own pages cannot be read this way, and what is a part of a file was there before us.
                let isFile = words[4] != "0" && !words[1].contains("w")
                isReadable = words[1].hasPrefix("r") && !isFile && words.last?.hasPrefix("[v") != true
                if isReadable { mappings.append((start, end, [])) }
            } else if isReadable, words.first == "VmFlags:" {
                mappings[mappings.count - 1].flags = Set(words.dropFirst())
            }
        }
        return mappings
    }
}
