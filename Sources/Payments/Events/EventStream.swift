import Coordination
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Timing
import Web

/// A response of server-sent events (WHATWG HTML, section 9.2): a payment's or a user's.
///
/// Each event's id is its place in the shard's stream, so that `Last-Event-ID` goes on exactly behind it. Events
/// that were forgotten meanwhile show as an event `gap`. A comment every few seconds keeps proxies from giving up.
struct EventStream: Sendable {
    enum Subject: Hashable, Sendable {
        /// With the payer, to whom each change is told.
        case payment(PaymentID, payer: Account)
        case account(Account)

        var shard: Shard {
            switch self {
            case .payment(let id, _): id.home
            case .account(let account): account.shard
            }
        }

        /// The id of the payment or the account that a watcher waits for.
        var key: String {
            switch self {
            case .payment(let id, _): id.text
            case .account(let account): account.id
            }
        }

        func wants(_ event: PaymentEvent) -> Bool {
            switch self {
            case .payment(let id, let payer): event.payment == id && event.account == payer
            case .account(let account): event.account == account
            }
        }
    }

    let payments: Payments
    let watch: PaymentWatch
    let drain: DrainSignal
    let caller: Caller
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
                let watcher = try self.watch.join(self.subject.key, for: self.caller)
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
        // The id alone tells nothing, but is what a client comes back with.
        ": payments\nid: \(self.start.text)\n\n"
            + (self.first.map { Self.text(id: self.start, name: "payment", $0) } ?? "")
    }

    /// The events since the last ones, as text.
    private func next(_ place: inout Place) async throws -> String {
        let slice = try await self.payments.events(self.subject.shard, after: place.last, where: self.subject.wants)
        var text = ""
        if slice.hasGap {
            // Named after the newest, so that nobody comes back for what is forgotten.
            let newest = slice.last == place.last ? try await self.payments.lastEvent(self.subject.shard) : slice.last
            if case .payment(let id, _) = self.subject, let payment = try await self.payments.payment(id) {
                place.isOver = payment.state.isTerminal
                let name = max(EventID(payment.event) ?? newest, newest)
                text += Self.text(id: name, name: "payment", PaymentJSON.payment(payment))
            } else {
                text += Self.text(id: newest, name: "gap", "{}")
            }
            place.last = newest
        } else {
            place.last = slice.last
        }
        for event in slice.events { text += Self.text(id: event.id, name: "payment", PaymentJSON.event(event)) }
        if case .payment = self.subject, slice.events.contains(where: { $0.state.isTerminal }) { place.isOver = true }
        place.silence = text.isEmpty ? place.silence + 1 : 0
        if place.silence >= Self.heartbeat { (text, place.silence) = (": still here\nid: \(place.last.text)\n\n", 0) }
        return text
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
