package import HTTPTypes
import HummingbirdCore
package import NIOCore

/// Writes an answer whose head waits for its first bytes, so that whoever makes the body can still add to the head.
///
/// The body of a routed ``Response`` is given one when its length is not known before.
package final class LateHeadWriter: ResponseBodyWriter {
    /// Until the head has left.
    private var unsent: ResponseWriter?
    private var head: HTTPResponse
    private var body: (any ResponseBodyWriter)?

    init(_ writer: consuming ResponseWriter, _ head: HTTPResponse) {
        self.unsent = consume writer
        self.head = head
    }

    /// Whether the head has left.
    package var hasHeadLeft: Bool { self.unsent == nil }

    /// Sends the head with these fields besides; does nothing when it has left.
    @concurrent
    package func writeHead(adding fields: HTTPFields = [:]) async throws {
        guard let writer = self.unsent.take() else { return }
        for field in fields { self.head.headerFields.append(field) }
        self.body = try await writer.writeHead(self.head)
    }

    @concurrent
    package func write(_ buffer: ByteBuffer) async throws {
        try await self.writeHead()
        try await self.body?.write(buffer)
    }

    /// Sends the head with these fields besides, and the end of the answer with it; the head must not have left.
    @concurrent
    package func finish(headAdding fields: HTTPFields) async throws {
        guard let writer = self.unsent.take() else { return }
        for field in fields { self.head.headerFields.append(field) }
        try await writer.writeResponse(self.head)
    }

    @concurrent
    package func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await self.writeHead()
        try await self.body?.finish(trailingHeaders)
    }
}

@available(*, unavailable)
extension LateHeadWriter: Sendable {}
