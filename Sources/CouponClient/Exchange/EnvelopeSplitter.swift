package import NIOCore

/// Cuts the bytes of a Connect stream into its messages: a value, which reads nothing itself.
///
/// Each is one byte of flags, four of length, and as many as that.
package struct EnvelopeSplitter: Sendable {
    package enum Envelope: Hashable, Sendable {
        case message([UInt8])
        /// The last one: JSON.
        case end([UInt8])
    }

    /// Most bytes of one message.
    package static let limit = 4 << 20
    private static let headLength = 5

    private var bytes = ByteBuffer()

    package init() {}

    package mutating func add(_ more: ByteBuffer) {
        self.bytes.discardReadBytes()
        self.bytes.writeImmutableBuffer(more)
    }

    /// The next message that is whole; `nil` when more bytes are needed.
    package mutating func next() throws(CouponClientError) -> Envelope? {
        let start = self.bytes.readerIndex
        guard let flags = self.bytes.getInteger(at: start, as: UInt8.self),
            let length = self.bytes.getInteger(at: start + 1, as: UInt32.self)
        else { return nil }
        guard flags == 0 || flags == 2 else { throw .strange("a message with flags \(flags)") }
        guard length <= Self.limit else { throw .strange("a message of \(length) bytes") }
        guard let message = self.bytes.getBytes(at: start + Self.headLength, length: Int(length)) else { return nil }
        self.bytes.moveReaderIndex(forwardBy: Self.headLength + Int(length))
        return flags == 2 ? .end(message) : .message(message)
    }

    /// A message as it is sent.
    package static func envelope(_ message: [UInt8]) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt8(0))
        bytes.writeInteger(UInt32(clamping: message.count))
        bytes.writeBytes(message)
        return bytes
    }
}
