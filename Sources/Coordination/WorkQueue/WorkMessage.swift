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

    /// Reads a stream entry `[id, [field, value, …]]`.
    ///
    /// `nil` for one that was deleted meanwhile: then its fields are missing, or all of it.
    package init?(entry: RESPValue, stream: String, isRedelivered: Bool) {
        guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let list = parts[1].array else {
            return nil
        }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: list.count - 1, by: 2) {
            fields[list[index].string ?? ""] = list[index + 1].string ?? ""
        }
        self.init(stream: stream, id: id, fields: fields, isRedelivered: isRedelivered)
    }
}
