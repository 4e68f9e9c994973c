import HTTPTypes

extension HTTPFields {
    /// These fields without those that are the protocols' own, which a handler must not set.
    var withoutReserved: HTTPFields {
        var kept = HTTPFields()
        for field in self where !Self.isReserved(field.name) { kept.append(field) }
        return kept
    }

    private static let reserved: Set<HTTPField.Name> = [
        .accept, .acceptEncoding, .acceptPost, .connection, .contentEncoding, .contentLength, .contentType, .date,
        .te, .trailer, .transferEncoding, .upgrade,
    ]

    private static func isReserved(_ name: HTTPField.Name) -> Bool {
        Self.reserved.contains(name)
            || ["connect-", "grpc-", "trailer-connect-", "trailer-grpc-"].contains { name.canonicalName.hasPrefix($0) }
    }
}
