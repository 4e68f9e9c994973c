import Coordination
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Timing
import Web

/// A response of server-sent events (WHATWG HTML, section 9.2): a payment's or a user's.
///
/// Each event's id is its place in the shard's stream, so that `Last-Event-ID` goes on exactly behind it. What was
/// forgotten meanwhile shows as an event `gap`. A comment every few seconds keeps proxies from giving up.
struct EventStream: Sendable {
    enum Subject: Hashable, Sendable {
        case payment(PaymentID)
        case account(Account)

        var shard: Shard {
            switch self {
            case .payment(let id): id.home
            case .account(let account): account.shard
            }
        }

        /// What a watcher waits for.
        var key: String {
            switch self {
            case .payment(let id): id.text
            case .account(let account): account.id
            }
        }

        func wants(_ event: PaymentEvent) -> Bool {
            switch self {
            case .payment(let id): event.payment == id
            case .account(let account): event.account == account
            }
        }
    }

    let payments: Payments
    let watch: PaymentWatch
    let drain: DrainSignal
    let subject: Subject
    /// The event behind which it begins.
    let start: EventID
    /// Sent first, with the id of `start`.
    let first: String?
    private static let pause = Duration.seconds(1)
    /// Silent seconds until a comment is sent.
    private static let heartbeat = 5

    var response: Response {
        Response(
            status: .ok,
            headers: Self.fields,
            body: ResponseBody { writer in
                // A failure on the way cuts the connection, and the client comes back with the last id it has.
                let watcher = try self.watch.join(self.subject.key)
                defer { self.watch.leave(watcher) }
                var place = Place(last: self.start)
                try await writer.write(ByteBuffer(string: self.head))
                while !place.isOver, !self.drain.isDraining, !Task.isCancelled {
                    let text = try await self.next(&place)
                    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                    if !place.isOver { await watcher.wait(atMost: Self.pause) }
                }
                try await writer.finish(nil)
            }
        )
    }

    /// How far a stream has come.
    private struct Place {
        var last: EventID
        var silence = 0
        var isOver = false
    }

    private var head: String {
        ": payments\n\n" + (self.first.map { Self.text(id: self.start, name: "payment", $0) } ?? "")
    }

    /// What has happened since.
    private func next(_ place: inout Place) async throws -> String {
        let slice = try await self.payments.events(self.subject.shard, after: place.last, where: self.subject.wants)
        var text = slice.hasGap ? Self.text(id: place.last, name: "gap", "{}") : ""
        for event in slice.events { text += Self.text(id: event.id, name: "payment", PaymentJSON.event(event)) }
        if slice.hasGap, slice.last == place.last {
            place.last = try await self.payments.lastEvent(self.subject.shard)
        } else {
            place.last = slice.last
        }
        place.silence = text.isEmpty ? place.silence + 1 : 0
        if place.silence >= Self.heartbeat { (text, place.silence) = (": still here\n\n", 0) }
        place.isOver = try await self.hasEnded(slice)
        return text
    }

    /// Whether a payment has nothing more to tell; its last event may be among the forgotten.
    private func hasEnded(_ slice: EventSlice) async throws -> Bool {
        guard case .payment(let id) = self.subject else { return false }
        if slice.events.contains(where: { $0.state.isTerminal }) { return true }
        return slice.hasGap ? try await self.payments.payment(id)?.state.isTerminal ?? true : false
    }

    /// One event and the end.
    static func single(id: EventID, _ data: String) -> Response {
        Response(
            status: .ok,
            headers: Self.fields,
            body: ResponseBody(byteBuffer: ByteBuffer(string: Self.text(id: id, name: "payment", data)))
        )
    }

    private static let fields: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
    ]

    private static func text(id: EventID, name: String, _ data: String) -> String {
        "id: \(id.text)\nevent: \(name)\ndata: \(data)\n\n"
    }
}
