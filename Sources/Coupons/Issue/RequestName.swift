import Web

/// The name of a request that is carried out once: in the message, as the header `Idempotency-Key`, or in both alike.
package enum RequestName {
    /// `nil` when the request has none.
    package static func read(_ requestID: String, _ headers: [String]) throws(CouponError) -> String? {
        guard headers.count <= 1 else {
            throw .invalid(field: "Idempotency-Key", description: "must be there once at most")
        }
        var name: String?
        if let header = headers.first {
            guard let key = IdempotencyKey(header) else {
                throw .invalid(
                    field: "Idempotency-Key",
                    description: "must have 1 to 255 visible ASCII characters, bare or quoted"
                )
            }
            name = key.text
        }
        guard !requestID.isEmpty else { return name }
        guard requestID.utf8.count <= 255, requestID.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid(field: "request_id", description: "must have 1 to 255 visible ASCII characters")
        }
        guard name == nil || name == requestID else {
            throw .invalid(field: "request_id", description: "must not differ from the Idempotency-Key")
        }
        return requestID
    }
}
