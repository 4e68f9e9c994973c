private import CZlib

/// Why bytes could not be inflated.
package enum GzipError: Error, Hashable, Sendable {
    case malformed
    /// The output so far is longer than the limit; the rest was not made.
    case tooLong
}

/// gzip (RFC 1952) of whole messages.
package enum Gzip {
    /// Bits of the window of 32 KiB, and 16 for the gzip wrapper around it.
    private static let windowBits: Int32 = 15 + 16
    private static let step = 16_384

    /// Inflates all members of `bytes`, and stops as soon as more than `limit` bytes have come out.
    package static func inflated(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
        var stream = unsafe z_stream()
        // unsafe: the stream lives until the end of this function, and is ended in it.
        guard unsafe inflateInit2_(&stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformed }
        defer { _ = unsafe inflateEnd(&stream) }
        var input = bytes
        let outcome = unsafe input.withUnsafeMutableBufferPointer { input -> Result<[UInt8], GzipError> in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(clamping: input.count)
            return unsafe Self.drained(&stream, limit: limit)
        }
        return try outcome.get()
    }

    private static func drained(_ stream: inout z_stream, limit: Int) -> Result<[UInt8], GzipError> {
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: Self.step)
        while true {
            let (status, count) = unsafe Self.turned(&stream, &piece) { unsafe inflate(&$0, Z_NO_FLUSH) }
            guard output.count + count <= limit else { return .failure(.tooLong) }
            output += piece[..<count]
            switch status {
            case Z_STREAM_END:
                guard unsafe stream.avail_in > 0 else { return .success(output) }
                guard unsafe inflateReset(&stream) == Z_OK else { return .failure(.malformed) }
            // Nothing came out of what is left: the end is missing.
            case Z_OK where count > 0 || (unsafe stream.avail_in) > 0: continue
            default: return .failure(.malformed)
            }
        }
    }

    /// The bytes as one gzip member; `nil` when zlib has no memory.
    package static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        // unsafe: the stream lives until the end of this function, and is ended in it.
        let begun = unsafe deflateInit2_(
            &stream,
            Z_BEST_SPEED,
            Z_DEFLATED,
            Self.windowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard begun == Z_OK else { return nil }
        defer { _ = unsafe deflateEnd(&stream) }
        var input = bytes
        return unsafe input.withUnsafeMutableBufferPointer { input -> [UInt8]? in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(clamping: input.count)
            var output: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: Self.step)
            while true {
                let (status, count) = unsafe Self.turned(&stream, &piece) { unsafe deflate(&$0, Z_FINISH) }
                output += piece[..<count]
                if status == Z_STREAM_END { return output }
                guard status == Z_OK else { return nil }
            }
        }
    }

    /// One call of zlib that writes into `piece`; returns what it says and how many bytes came out.
    private static func turned(
        _ stream: inout z_stream,
        _ piece: inout [UInt8],
        _ turn: (inout z_stream) -> Int32
    ) -> (status: Int32, count: Int) {
        unsafe piece.withUnsafeMutableBufferPointer { piece in
            unsafe stream.next_out = piece.baseAddress
            unsafe stream.avail_out = UInt32(clamping: piece.count)
            let status = unsafe turn(&stream)
            return (status, piece.count - Int(unsafe stream.avail_out))
        }
    }
}
