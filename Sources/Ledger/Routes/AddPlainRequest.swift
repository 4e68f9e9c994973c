import Coordination
import JSON
import NIOCore
import NIOHTTP1
import Web

/// A request to add that is plain enough for the hot route.
struct AddPlainRequest {
    static let head = "/users/"
    static let tail = "/add"

    let user: UserID
    let caller: Caller
    let key: IdempotencyKey?
    let body: JSONValue

    /// `nil` when the router must have a look at it.
    init?(_ request: HotRequest) {
        guard let user = UserID(request.target.dropFirst(Self.head.utf8.count).dropLast(Self.tail.utf8.count)) else {
            return nil
        }
        var key: IdempotencyKey?
        var isJSON = false
        for (name, value) in request.headers {
            // The length tells most names apart, so that the slow comparison is rarely made.
            switch name.utf8.count {
            case 6 where name.lowercased() == "prefer", 16 where name.lowercased() == "content-encoding":
                return nil
            case 12 where name.lowercased() == "content-type":
                guard !isJSON, value == "application/json" else { return nil }
                isJSON = true
            case 15 where name.lowercased() == "idempotency-key":
                guard key == nil, let read = IdempotencyKey(value) else { return nil }
                key = read
            default: continue
            }
        }
        guard isJSON, request.body.readableBytes <= JSONBody.defaultLimit,
            let body = try? JSONParser.parse(Array(request.body.readableBytesView))
        else { return nil }
        self.user = user
        self.caller = request.caller
        self.key = key
        self.body = body
    }

    func order(_ ledger: Ledger, requestID: String) -> AddOrder? {
        let account = ledger.account(self.user)
        guard var order = try? AddOrder(account, body: self.body) else { return nil }
        order.requestID = requestID
        order.claim = self.key.map { order.claim(caller: self.caller.name, key: $0.text) }
        return order
    }
}
