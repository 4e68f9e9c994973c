package import NIOCore
import Web

/// Takes the frames of a request apart, however its bytes arrive.
///
///     head ──5 bytes──▶ message ──length bytes──▶ head …        anything wrong ──▶ failed, for good
///
/// It holds no more than one frame and what came with it, and refuses a frame by its head when it is too long.
package struct EnvelopeReader {
    private let coding: ContentCoding
    private let limit: Int
    private var bytes = ByteBuffer()
    private var failure: RPCError?

    /// `limit` is the most bytes of one message, unpacked.
    package init(coding: ContentCoding, limit: Int) {
        self.coding = coding
        self.limit = limit
    }

    package mutating func append(_ chunk: ByteBuffer) {
        guard self.failure == nil else { return }
        if self.bytes.readableBytes == 0 { self.bytes = chunk } else { self.bytes.writeImmutableBuffer(chunk) }
    }

    /// The next message, unpacked; `nil` until more bytes have come.
    package mutating func next() throws(RPCError) -> [UInt8]? {
        if let failure = self.failure { throw failure }
        do { return try self.nextOrFailure() } catch {
            self.failure = error
            self.bytes = ByteBuffer()
            throw error
        }
    }

    /// Says whether the end of the request is where one may be.
    package func finish() throws(RPCError) {
        if let failure = self.failure { throw failure }
        guard self.bytes.readableBytes == 0 else {
            throw RPCError(.invalidArgument, "the request ends inside a message")
        }
    }

    private mutating func nextOrFailure() throws(RPCError) -> [UInt8]? {
        let start = self.bytes.readerIndex
        guard let flags: UInt8 = self.bytes.getInteger(at: start),
            let length: UInt32 = self.bytes.getInteger(at: start + 1)
        else { return nil }
        guard flags & ~Envelope.Flags.isPacked.rawValue == 0 else {
            throw RPCError(.internal, "a message has flags that requests do not have").caused(by: .caller)
        }
        let isPacked = flags == Envelope.Flags.isPacked.rawValue
        guard !isPacked || self.coding != .identity else {
            throw RPCError(.internal, "a message is marked as compressed, and no compression was announced")
                .caused(by: .caller)
        }
        let coding = isPacked ? self.coding : .identity
        guard length <= coding.packedLimit(self.limit) else { throw .tooLong(self.limit) }
        guard self.bytes.readableBytes - Envelope.headLength >= length else { return nil }
        self.bytes.moveReaderIndex(forwardBy: Envelope.headLength)
        return try coding.unpacked(self.bytes.readBytes(length: Int(length)) ?? [], limit: self.limit)
    }
}
