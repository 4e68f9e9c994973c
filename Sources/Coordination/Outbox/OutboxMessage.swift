package import RESP

/// One message that is to reach an endpoint outside at least once.
///
/// The script of the effect that the message tells of appends it in the same step: one `XADD` to an outbox's stream
/// with the fields `endpoint`, `method`, `body`, `idempotency_key` and `created_ms` (Redis's time).
package struct OutboxMessage: Hashable, Sendable {
    /// The stream and the id in it, which identify a message: ids of two streams may be the same.
    package struct Identity: Hashable, Sendable {
        package let key: String
        package let id: String
    }

    /// Where the message lies, and where it goes when it cannot be delivered.
    package let stream: Outbox.Stream
    /// The id of the stream entry.
    package let id: String
    package let endpoint: String
    /// `POST` with the body, or `GET` with the body as a query that is merged into the endpoint's.
    package let method: String
    package let body: String
    /// The same on every try, so that the receiver can tell a repetition.
    package let idempotencyKey: String
    package let created: ServerTime

    package init(
        stream: Outbox.Stream,
        id: String,
        endpoint: String,
        method: String,
        body: String,
        idempotencyKey: String,
        created: ServerTime
    ) {
        self.stream = stream
        self.id = id
        self.endpoint = endpoint
        self.method = method
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.created = created
    }

    /// Reads a stream entry; `nil` when it is not a message.
    package init?(entry: RESPValue, of stream: Outbox.Stream) {
        guard let entry = StreamEntry(entry), let endpoint = entry.fields["endpoint"],
            let method = entry.fields["method"], let body = entry.fields["body"],
            let key = entry.fields["idempotency_key"], let created = entry.fields["created_ms"].flatMap({ Int64($0) })
        else { return nil }
        self.init(
            stream: stream,
            id: entry.id,
            endpoint: endpoint,
            method: method,
            body: body,
            idempotencyKey: key,
            created: ServerTime(milliseconds: created)
        )
    }

    package var identity: Identity { Identity(key: self.stream.key, id: self.id) }
}
