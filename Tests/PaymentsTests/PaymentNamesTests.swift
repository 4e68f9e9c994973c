import Coordination
import Foundation
import Ledger
import Payments
import RESP
import Redis
import Testing

/// Names that Swift and Lua share stand in one list, and the claim of a request is made of the order alone.
struct PaymentNamesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// The strings of a list in `payment.lua`.
    private static func list(_ name: String) throws -> [String] {
        let folder = Self.root.appending(path: "Sources/Payments").standardizedFileURL
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let file = try #require(files?.compactMap { $0 as? URL }.first { $0.lastPathComponent == "payment.lua" })
        let source = try String(contentsOf: file, encoding: .utf8)
        let list = try #require(source.firstMatch(of: try Regex("local \(name) = \\{([^}]*)\\}"))?.output[1].substring)
        return list.matches(of: #/"(\w+)"/#).map { String($0.1) }
    }

    @Test func `the keys of payer and payee stand in one order, in Swift and in Lua`() throws {
        #expect(try Self.list("PAYMENT_SIDE") == PaymentSide.allCases.map(\.rawValue))
        #expect(try Self.list("PAYMENT_QUEUE") == PaymentSide.queue.map(\.rawValue))
    }

    @Test func `a field of the record has one name for scripts, readers, orders and the document`() async throws {
        let fields = Set(Payment.Field.allCases.map(\.rawValue) + ["callback", "claim", "message", "request_id"])
        #expect(fields.isSuperset(of: try Self.list("PAYMENT_FIELDS")))
        let document = try String(contentsOf: Self.root.appending(path: "docs/keys.md"), encoding: .utf8)
        let start = try #require(document.range(of: "\nThe record's fields: ")).upperBound
        let text = document[start...].prefix { $0 != "#" }.split(separator: "\n\n")[0]
        let documented = Set(text.matches(of: #/`(\w+)`/#).map { String($0.1) })
        #expect(documented.isSuperset(of: fields))
        try await PaymentsFixture.with { fixture in
            let order = fixture.order("alice", "bob", 5, key: "k")
            let id = try #require(try await fixture.payments.accept(order, .local).payment)
            let key = PaymentKeys.payment(id.home, id: id.text)
            let reply = try await fixture.node.send(RedisCommand("HKEYS", .key(key)), within: nil)
            let made = Set((reply.array ?? []).compactMap(\.string))
            #expect(made.isSuperset(of: order.fields.map(\.name)))
            let later = ["locked", "finished", "reason", "attempts", "dead", "token_from", "token_to"]
            #expect(made.union(later) == fields)
        }
    }

    // MARK: Claims

    private static func order() throws -> PaymentOrder {
        let users = try ["alice", "bob"].map { try #require(UserID($0)) }
        return PaymentOrder(
            from: Account(users[0], .usd),
            to: Account(users[1], .usd),
            amount: Money(minorUnits: 1250)
        )
    }

    /// Made by another program from what the documents say: SHA-256, cut to 128 bits.
    @Test func `claims that are kept stay valid`() throws {
        var order = try Self.order()
        order.description = "lunch"
        let claim = order.claim(caller: "test", key: "k")
        #expect(claim.request == "POST /payments" && claim.digest == "35ad000bc107b7abb24c684fda8e814d")
        #expect(claim.fingerprint == "84c7630d5d515b09d8169fe043c73395")

        let original = try #require(PaymentID("s07-01KAJ20000000000000000000A"))
        var reversal = PaymentOrder(from: order.to, to: order.from, amount: order.amount)
        reversal.reverses = original
        reversal.notBefore = ServerTime(milliseconds: 1_796_115_389_601)
        reversal.callback = "https://there.example/x"
        let other = reversal.claim(caller: "test", key: "k", path: "/payments/\(original.text)/reverse")
        #expect(other.fingerprint == "ed937ff3ab8ee72c7eab6c6545bafa5b")
    }

    @Test func `all that an order says is in its claim, and in what its record keeps`() throws {
        let order = try Self.order()
        let carol = Account(try #require(UserID("carol")), .usd)
        let changed = [
            "from": PaymentOrder(from: carol, to: order.to, amount: order.amount),
            "to": PaymentOrder(from: order.from, to: carol, amount: order.amount),
            "amount": PaymentOrder(from: order.from, to: order.to, amount: Money(minorUnits: 1251)),
            "description": try Self.with { $0.description = "lunch" },
            "notBefore": try Self.with { $0.notBefore = ServerTime(milliseconds: 1_796_115_389_601) },
            "callback": try Self.with { $0.callback = "https://there.example/x" },
            "reverses": try Self.with { $0.reverses = PaymentID("s07-01KAJ20000000000000000000A") },
        ]
        // The claim and the request id tell who asks, not what is asked for.
        let names = Mirror(reflecting: order).children.compactMap(\.label)
        #expect(Set(names) == Set(changed.keys).union(["claim", "requestID"]))
        let claim = order.claim(caller: "test", key: "k")
        for (name, other) in changed {
            #expect(other.claim(caller: "test", key: "k").fingerprint != claim.fingerprint, "\(name)")
            #expect(other.fields.map(\.name) == order.fields.map(\.name), "\(name)")
            #expect(other.fields.map(\.value) != order.fields.map(\.value), "\(name)")
        }
    }

    private static func with(_ change: (inout PaymentOrder) -> Void) throws -> PaymentOrder {
        var order = try Self.order()
        change(&order)
        return order
    }
}
