import Hummingbird
import NIOCore
import Synchronization

/// Whether the reading of a request's body was cancelled before its end.
///
/// A connection of HTTP/1.1 ends with such a request: what reads its body reads the requests behind it, too, and does
/// neither once it was cancelled. So the answer has to say that it is the connection's last.
final class RequestReading: Sendable {
    private let wasCancelled = Atomic<Bool>(false)

    /// Whether the connection ends with this request's answer.
    var endsConnection: Bool { self.wasCancelled.load(ordering: .relaxed) }

    /// The same body, whose reading is followed here.
    func followed(_ body: RequestBody) -> RequestBody {
        RequestBody(asyncSequence: FollowedBody(body: body, reading: self))
    }

    fileprivate func noteCancellation() {
        if Task.isCancelled { self.wasCancelled.store(true, ordering: .relaxed) }
    }
}

private struct FollowedBody: AsyncSequence, Sendable {
    let body: RequestBody
    let reading: RequestReading

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self.body.makeAsyncIterator(), reading: self.reading) }

    struct Iterator: AsyncIteratorProtocol {
        var chunks: RequestBody.AsyncIterator
        let reading: RequestReading

        @concurrent
        mutating func next() async throws -> ByteBuffer? {
            defer { self.reading.noteCancellation() }
            return try await self.chunks.next()
        }
    }
}
