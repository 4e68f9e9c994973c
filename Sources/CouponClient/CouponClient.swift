import CouponAPI
import JSON
import NIOCore
import NIOHTTP1
package import SwiftProtobuf

/// Calls the coupon service over Connect, one connection for each call.
package struct CouponClient: Sendable {
    /// Most bytes of an answer: all codes of some millions of coupons.
    private static let bodyLimit = 256 << 20
    private static let service = "/coupon.v1.CouponService/"

    private let exchange: HTTPExchange

    /// A service that says nothing for as long as `silence` is given up.
    package init(_ url: ServiceURL, silence: Duration = .seconds(30)) {
        self.exchange = HTTPExchange(url: url, silence: silence)
    }

    /// Calls a method that has one answer.
    package func call<Answer: Message>(
        _ method: String,
        _ input: some Message,
        as type: Answer.Type = Answer.self
    ) async throws(CouponClientError) -> Answer {
        let bytes: [UInt8] = try Self.bytes(input)
        let fields: HTTPHeaders = ["content-type": "application/proto", "connect-protocol-version": "1"]
        return try await self.exchange.post(Self.service + method, fields, ByteBuffer(bytes: bytes)) { head, body in
            let bytes = try await body.all(limit: Self.bodyLimit)
            guard head.status == .ok else { throw CouponClientError.refused(Self.refusal(head, bytes)) }
            guard head.headers.first(name: "content-type") == "application/proto" else {
                throw CouponClientError.strange("not protobuf")
            }
            return try Self.message(bytes)
        }
    }

    /// Calls a method that has many answers; `body` gets each as it comes, and says whether it wants more.
    ///
    /// Returns true when the service says that there are no more, and false when `body` wants none.
    package func stream<Answer: Message>(
        _ method: String,
        _ input: some Message,
        as type: Answer.Type = Answer.self,
        _ body: (Answer) -> Bool
    ) async throws(CouponClientError) -> Bool {
        let bytes: [UInt8] = try Self.bytes(input)
        let fields: HTTPHeaders = ["content-type": "application/connect+proto", "connect-protocol-version": "1"]
        let envelope = EnvelopeSplitter.envelope(bytes)
        return try await self.exchange.post(Self.service + method, fields, envelope) { head, parts in
            guard head.status == .ok else {
                let bytes = try await parts.all(limit: EnvelopeSplitter.limit)
                throw CouponClientError.refused(Self.refusal(head, bytes))
            }
            guard head.headers.first(name: "content-type") == "application/connect+proto" else {
                throw CouponClientError.strange("not a stream of protobuf")
            }
            var reader = EnvelopeSplitter()
            while let part = try await parts.next() {
                reader.add(part)
                while let envelope = try reader.next() {
                    switch envelope {
                    case .message(let bytes): if !body(try Self.message(bytes)) { return false }
                    case .end(let bytes):
                        try Self.check(end: bytes)
                        return true
                    }
                }
            }
            throw CouponClientError.broken("the stream was cut")
        }
    }

    private static func bytes(_ message: some Message) throws(CouponClientError) -> [UInt8] {
        // Only texts that are not Unicode and messages beyond 2 GiB could fail, and there are none.
        do { return try message.serializedBytes() } catch { throw .strange("\(error)") }
    }

    private static func message<Answer: Message>(_ bytes: [UInt8]) throws(CouponClientError) -> Answer {
        do { return try Answer(serializedBytes: bytes) } catch { throw .strange("\(error)") }
    }

    private static func refusal(_ head: HTTPResponseHead, _ bytes: [UInt8]) -> ConnectRefusal {
        // A body that is not JSON is a proxy's, and its status says enough.
        let value = try? JSONParser.parse(bytes)
        return ConnectRefusal(value) ?? ConnectRefusal(status: Int(head.status.code))
    }

    private static func check(end bytes: [UInt8]) throws(CouponClientError) {
        // A body that is no JSON gets the same answer as JSON that is no end.
        guard case .object(let members) = try? JSONParser.parse(bytes) else {
            throw .strange("a stream without a proper end")
        }
        if let refusal = ConnectRefusal(members["error"]) { throw .refused(refusal) }
    }
}
