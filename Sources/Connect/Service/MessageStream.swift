package import HTTPTypes
import Hummingbird
import NIOCore

/// The messages of a request in their form on the wire.
///
/// It is read once.
struct MessageSource: Sendable {
    let body: RequestBody
    let reader: EnvelopeReader
    /// The rule for messages in JSON.
    let rule: JSONRule?
    /// The one message of a request that was read before.
    var message: [UInt8]?

    func makeAsyncIterator() -> Iterator {
        Iterator(chunks: self.body.makeAsyncIterator(), reader: self.reader, rule: self.rule)
    }

    struct Iterator {
        var chunks: RequestBody.AsyncIterator
        var reader: EnvelopeReader
        let rule: JSONRule?

        /// The next message; `nil` when the request has ended.
        @concurrent
        mutating func next() async throws -> [UInt8]? {
            while true {
                if let message = try self.reader.next() {
                    try self.rule?.check(message)
                    return message
                }
                let chunk: ByteBuffer?
                do { chunk = try await self.chunks.next() } catch { throw RPCError.brokenOff(error) }
                guard let chunk else {
                    try self.reader.finish()
                    return nil
                }
                self.reader.append(chunk)
            }
        }
    }

    /// The request's one message; neither none nor two are a call of a method that takes one.
    @concurrent
    func single() async throws -> [UInt8] {
        if let message = self.message { return message }
        var messages = self.makeAsyncIterator()
        guard let message = try await messages.next() else {
            throw RPCError(.unimplemented, "this method takes one message, and none came")
        }
        guard try await messages.next() == nil else {
            throw RPCError(.unimplemented, "this method takes one message, and more came")
        }
        return message
    }
}

/// Where a handler's answers go; each call returns when the bytes have left.
package protocol MessageSink: Sendable {
    func writeHeaders(_ fields: HTTPFields) async throws
    func write(_ message: [UInt8]) async throws
    func write(contentsOf messages: [[UInt8]]) async throws
}

extension RPCError {
    /// The error of a request whose end never came; nobody is left to be told.
    static func brokenOff(_ error: any Error) -> any Error {
        error is CancellationError ? error : RPCError(.canceled, "the request broke off")
    }
}
