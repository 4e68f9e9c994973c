package import SwiftProtobuf

/// The messages of a request, as they come; it is read once.
package struct RPCRequests<M: Message>: AsyncSequence, Sendable {
    package typealias Element = M

    let source: MessageSource
    let codec: MessageCodec

    package struct AsyncIterator: AsyncIteratorProtocol {
        var messages: MessageSource.Iterator
        let codec: MessageCodec

        @concurrent
        package mutating func next() async throws -> M? {
            guard let bytes = try await self.messages.next() else { return nil }
            return try self.codec.decode(bytes)
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(messages: self.source.makeAsyncIterator(), codec: self.codec)
    }
}
