package import RESP

/// One entry of a stream of work, delivered to this consumer until it is acknowledged.
package struct WorkMessage: Hashable, Sendable {
    package let stream: String
    /// The id of the stream entry.
    package let id: String
    package let fields: [String: String]
    /// Whether it was taken over: another consumer, or this one, has had it before and may have done what it asks for.
    package let isRedelivered: Bool

    package init(stream: String, id: String, fields: [String: String], isRedelivered: Bool) {
        self.stream = stream
        self.id = id
        self.fields = fields
        self.isRedelivered = isRedelivered
    }

    /// `nil` for an entry that was deleted meanwhile.
    package init?(entry: RESPValue, stream: String, isRedelivered: Bool) {
        guard let entry = StreamEntry(entry) else { return nil }
        self.init(stream: stream, id: entry.id, fields: entry.fields, isRedelivered: isRedelivered)
    }
}
