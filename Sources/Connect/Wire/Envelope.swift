import NIOCore

/// The frame around each message of a stream: one byte of flags, the length in four, the message.
enum Envelope {
    static let headLength = 5

    /// The bits of the first byte.
    struct Flags: OptionSet {
        let rawValue: UInt8

        static let isPacked = Flags(rawValue: 1)
        /// Connect's last frame.
        static let isEnd = Flags(rawValue: 2)
        /// gRPC-Web's last frame.
        static let isTrailers = Flags(rawValue: 0x80)
    }

    static func frame(_ message: [UInt8], _ flags: Flags) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Self.headLength + message.count)
        buffer.writeInteger(flags.rawValue)
        buffer.writeInteger(UInt32(clamping: message.count))
        buffer.writeBytes(message)
        return buffer
    }
}
