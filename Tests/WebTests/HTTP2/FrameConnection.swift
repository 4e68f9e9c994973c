import NIOCore
import NIOHPACK
import NIOPosix
import Support
import Synchronization

/// One HTTP/2 frame, as it is on the wire.
struct Frame: Hashable, Sendable {
    enum Kind: UInt8 { case data, headers, priority, reset, settings, promise, ping, goAway, window, continuation }

    var kind: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind.rawValue
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    static let endStream: UInt8 = 1
    static let acknowledged: UInt8 = 1
    static let endHeaders: UInt8 = 4

    func `is`(_ kind: Kind) -> Bool { self.kind == kind.rawValue }

    var endsStream: Bool { (self.is(.data) || self.is(.headers)) && self.flags & Self.endStream != 0 }

    /// A number of four bytes in the payload.
    func number(at offset: Int = 0) -> UInt32 {
        self.payload.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    var bytes: [UInt8] {
        let length = self.payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), self.kind, self.flags]
            + bigEndian(self.stream) + self.payload
    }
}

func bigEndian(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

/// A header block of literal fields that no table keeps, so that anything can be written.
func block(_ fields: [(String, String)]) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var length = text.utf8.count
        if length >= 127 {
            length -= 127
            bytes = [127]
            while length >= 128 {
                bytes.append(UInt8(length % 128 + 128))
                length /= 128
            }
        }
        return bytes + [UInt8(length)] + Array(text.utf8)
    }
    return fields.flatMap { [0] + text($0.0) + text($0.1) }
}

/// The header block of a request.
func request(_ method: String, _ path: String, _ fields: [(String, String)] = []) -> [UInt8] {
    block([(":method", method), (":scheme", "http"), (":path", path), (":authority", "here")] + fields)
}

/// The header block of a plain GET.
func request(_ path: String) -> [UInt8] { request("GET", path) }

/// The answer on one stream.
struct StreamAnswer {
    var status = 0
    var fields: HPACKHeaders = [:]
    var trailers: HPACKHeaders?
    var body = ""
    /// Whether it came to its end.
    var isWhole = false
    var resetCode: UInt32?
}

/// An HTTP/2 client that sends exactly the frames it is given and collects what comes back.
final class FrameConnection: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let received = Mutex(ByteBuffer())
        let isEnded = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            self.received.withLock { _ = $0.writeImmutableBuffer(bytes) }
        }

        func channelInactive(context: ChannelHandlerContext) { self.isEnded.withLock { $0 = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.isEnded.withLock { $0 = true } }
    }

    struct Ended: Error { let before: String }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let channel: any Channel
    private let collector: Collector

    /// `settings` are pairs of a parameter and its value.
    static func open(
        port: Int,
        settings: [(key: UInt8, value: UInt32)] = [],
        greets: Bool = true
    ) async throws -> FrameConnection {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in channel.pipeline.addHandler(collector) }
            .connect(host: "127.0.0.1", port: port).get()
        let connection = FrameConnection(channel: channel, collector: collector)
        if greets {
            let payload = settings.flatMap { setting -> [UInt8] in [0, setting.key] + bigEndian(setting.value) }
            try await connection.send(Self.preface + Frame(.settings, payload).bytes)
        }
        return connection
    }

    private init(channel: any Channel, collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    var isEnded: Bool { self.collector.isEnded.withLock { $0 } }

    /// Every whole frame that came so far.
    var frames: [Frame] {
        var bytes = self.collector.received.withLock { $0 }
        var frames: [Frame] = []
        while let head = bytes.readBytes(length: 9) {
            let length = head.prefix(3).reduce(0) { $0 << 8 | Int($1) }
            guard let payload = bytes.readBytes(length: length) else { break }
            var frame = Frame(.data, flags: head[4], payload)
            frame.kind = head[3]
            frame.stream = head.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
            frames.append(frame)
        }
        return frames
    }

    func send(_ bytes: [UInt8]) async throws { try await self.channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    func send(_ frames: Frame...) async throws { try await self.send(frames.flatMap(\.bytes)) }

    /// Sends until the server has had enough of it.
    func flood(_ bytes: [UInt8]) async throws { _ = try? await self.send(bytes) }

    /// Sends a whole request, and all of its body at once.
    func ask(_ stream: UInt32, _ head: [UInt8], body: String? = nil) async throws {
        let end = body == nil ? Frame.endStream : 0
        try await self.send(Frame(.headers, flags: Frame.endHeaders | end, stream: stream, head))
        if let body { try await self.send(Frame(.data, flags: Frame.endStream, stream: stream, Array(body.utf8))) }
    }

    /// Waits until one of the frames satisfies `condition`.
    @discardableResult
    func frame(_ what: String, where condition: @Sendable (Frame) -> Bool) async throws -> Frame {
        try await eventually(what) { self.isEnded || self.frames.contains(where: condition) }
        guard let frame = self.frames.first(where: condition) else {
            throw Ended(before: "\(what): \(self.frames)")
        }
        return frame
    }

    /// Waits for the end of a stream.
    func answer(_ stream: UInt32) async throws -> StreamAnswer {
        try await self.frame("the end of stream \(stream)") {
            $0.stream == stream && ($0.endsStream || $0.is(.reset))
        }
        return try self.answers()[stream] ?? StreamAnswer()
    }

    /// Waits until the server has closed the connection, and returns the last GOAWAY's code.
    func readToEnd() async throws -> UInt32? {
        try await eventually("the end of the connection") { self.isEnded }
        return self.frames.last { $0.is(.goAway) }?.number(at: 4)
    }

    /// The answers on all streams so far.
    func answers() throws -> [UInt32: StreamAnswer] {
        var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
        var answers: [UInt32: StreamAnswer] = [:]
        for frame in self.frames where frame.stream != 0 {
            var answer = answers[frame.stream] ?? StreamAnswer()
            if frame.is(.headers) {
                var bytes = ByteBuffer(bytes: frame.payload)
                let fields = try decoder.decodeHeaders(from: &bytes)
                let status = fields[":status"].first.flatMap { Int($0) }
                if let status, status != 100 { (answer.status, answer.fields) = (status, fields) }
                if status == nil { answer.trailers = fields }
            }
            if frame.is(.data) { answer.body += String(decoding: frame.payload, as: UTF8.self) }
            if frame.is(.reset) { answer.resetCode = frame.number() }
            answer.isWhole = answer.isWhole || frame.endsStream
            answers[frame.stream] = answer
        }
        return answers
    }

    func close() { self.channel.close(promise: nil) }
}
