import DequeModule
package import HTTPTypes
import Synchronization
import Timing

/// Between a stream's handler and the one task that writes to its caller.
///
/// A handler waits until what it posted has left. Whatever ends the stream first, its handler or something else, ends
/// it; a post that waits then is told that it is over.
package final class StreamMailbox: MessageSink {
    package enum Item: Sendable {
        case headers(HTTPFields)
        case message([UInt8])
        /// They leave as one block.
        case messages([[UInt8]])
        case end(StreamEnd)
    }

    private struct State {
        /// The messages that handlers wait to send, oldest first; the first one may be on its way out.
        var posts: Deque<Post> = []
        var end: StreamEnd?
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
        /// The time since which one item is on its way out.
        var writingSince: LoopClock.Instant?
    }

    private struct Post {
        let item: Item
        let posted: CheckedContinuation<Void, any Error>
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: The handler's side

    package func writeHeaders(_ fields: HTTPFields) async throws { try await self.post(.headers(fields)) }

    package func write(_ message: [UInt8]) async throws { try await self.post(.message(message)) }

    package func write(contentsOf messages: [[UInt8]]) async throws { try await self.post(.messages(messages)) }

    private func post(_ item: Item) async throws {
        try await withCheckedThrowingContinuation { (posted: CheckedContinuation<Void, any Error>) in
            let reader: CheckedContinuation<Void, Never>?
            let isOver: Bool
            (reader, isOver) = self.state.withLock { state in
                guard !state.isClosed, state.end == nil else { return (nil, true) }
                state.posts.append(Post(item: item, posted: posted))
                return (state.reader.take(), false)
            }
            if isOver { posted.resume(throwing: RPCError.canceled) }
            reader?.resume()
        }
    }

    /// Ends the stream, unless something has ended it before.
    package func end(_ end: StreamEnd) {
        self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.end == nil else { return nil }
            state.end = end
            return state.reader.take()
        }?.resume()
    }

    // MARK: The writer's side

    /// The next item; the end comes before what is still waiting when something other than the handler ends it.
    package func next() async -> Item {
        while true {
            let item = self.state.withLock { state -> Item? in
                guard let item = state.end.map(Item.end) ?? state.posts.first?.item else { return nil }
                state.writingSince = LoopClock().now
                return item
            }
            if let item { return item }
            await self.waitForItem()
        }
    }

    /// The item that `next()` gave has left.
    package func hasLeft() {
        self.state.withLock { state in
            state.writingSince = nil
            return state.posts.popFirst()
        }?.posted.resume()
    }

    /// Tells all that still wait that the stream is over.
    package func close() {
        let posts = self.state.withLock { state in
            state.isClosed = true
            state.writingSince = nil
            defer { state.posts = [] }
            return state.posts
        }
        for post in posts { post.posted.resume(throwing: RPCError.canceled) }
    }

    /// How long one item is already on its way out.
    var stall: Duration {
        self.state.withLock { state in state.writingSince.map { $0.duration(to: LoopClock().now) } ?? .zero }
    }

    private func waitForItem() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let isDue = self.state.withLock { state in
                    guard state.posts.isEmpty, state.end == nil else { return true }
                    state.reader = reader
                    return false
                }
                if isDue { reader.resume() }
            }
        } onCancel: {
            self.end(.gone)
        }
    }
}
