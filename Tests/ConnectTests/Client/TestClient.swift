import Connect
import HTTPTypes
import NIOCore
import SwiftProtobuf

/// A whole answer.
struct Answer: Sendable {
    let status: Int
    let fields: HTTPFields
    let body: [UInt8]
    let trailers: HTTPFields?

    var text: String { String(decoding: self.body, as: UTF8.self) }

    func message<M: Message>(_ type: M.Type = M.self) throws -> M { try M(serializedBytes: self.body) }
}

/// A frame of a stream.
struct Frame: Hashable, Sendable, CustomStringConvertible {
    let flags: UInt8
    let bytes: [UInt8]

    init(_ flags: UInt8, _ bytes: [UInt8]) {
        self.flags = flags
        self.bytes = bytes
    }

    init(_ message: some Message, flags: UInt8 = 0) throws { self.init(flags, try message.serializedBytes()) }

    var text: String { String(decoding: self.bytes, as: UTF8.self) }

    var description: String { "\(self.flags): \(self.text)" }

    var wire: [UInt8] {
        let length = UInt32(self.bytes.count)
        return [self.flags] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + self.bytes
    }

    func message<M: Message>(_ type: M.Type = M.self) throws -> M { try M(serializedBytes: self.bytes) }

    /// Takes whole frames off the front of `bytes`.
    static func take(_ bytes: inout [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        while bytes.count >= 5 {
            let length = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
            guard bytes.count >= 5 + length else { break }
            frames.append(Frame(bytes[0], Array(bytes[5..<5 + length])))
            bytes.removeFirst(5 + length)
        }
        return frames
    }
}

extension Answer {
    /// The frames of the body; what is left over is a defect of its own.
    var frames: [Frame] {
        var rest = self.body
        let frames = Frame.take(&rest)
        return rest.isEmpty ? frames : frames + [Frame(0xFF, rest)]
    }
}

/// Calls of the server at a port.
struct TestClient: Sendable {
    let port: Int
    var version = HTTPVersion.one

    func request(
        _ path: String,
        method: HTTPRequest.Method = .post,
        _ fields: HTTPFields = [:]
    ) -> HTTPRequest {
        HTTPRequest(method: method, scheme: "http", authority: "here", path: path, headerFields: fields)
    }

    /// One whole request and its answer.
    func send(
        _ path: String,
        method: HTTPRequest.Method = .post,
        _ fields: HTTPFields = [:],
        _ body: [UInt8] = []
    ) async throws -> Answer {
        var fields = fields
        if !body.isEmpty || method == .post { fields[.contentLength] = String(body.count) }
        return try await Exchange.open(self.version, port: self.port, self.request(path, method: method, fields)) {
            do {
                if !body.isEmpty { try await $0.send(body) }
                try await $0.endRequest()
            } catch ChannelError.ioOnClosedChannel {
                // The server has answered already, and hung up: its answer is there all the same.
            }
            let head = try await $0.head()
            let bytes = try await $0.rest()
            return Answer(
                status: head.status.code,
                fields: head.headerFields,
                body: bytes,
                trailers: $0.trailers
            )
        }
    }

    /// A unary Connect call with the message in the binary form.
    func unary(_ method: String, _ message: some Message, _ fields: HTTPFields = [:]) async throws -> Answer {
        var fields = fields
        if fields[.contentType] == nil { fields[.contentType] = "application/proto" }
        return try await self.send("/\(Echo.name)/\(method)", fields, try message.serializedBytes())
    }

    /// A call in envelopes.
    func framed(
        _ method: String,
        _ type: String,
        _ frames: [Frame],
        _ fields: HTTPFields = [:]
    ) async throws -> Answer {
        var fields = fields
        fields[.contentType] = type
        fields[.te] = type.hasPrefix("application/grpc") ? "trailers" : nil
        return try await self.send("/\(Echo.name)/\(method)", fields, frames.flatMap(\.wire))
    }
}
