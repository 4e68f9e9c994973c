package import HTTPTypes
package import SwiftProtobuf

/// The way to the caller of a stream.
///
/// Each call returns when the bytes have left, so a slow reader slows its handler down; it throws when the stream is
/// over.
package struct RPCWriter<M: Message>: Sendable {
    let sink: any MessageSink
    let codec: MessageCodec

    /// Sends header fields of the handler; only before the first message.
    package func writeHeaders(_ fields: HTTPFields) async throws { try await self.sink.writeHeaders(fields) }

    package func write(_ message: M) async throws { try await self.sink.write(try self.codec.encode(message)) }

    /// Sends messages as one block: a handler with many at hand spares the connection's event loop a turn for each.
    package func write(contentsOf messages: [M]) async throws {
        try await self.sink.write(contentsOf: try messages.map { try self.codec.encode($0) })
    }
}
