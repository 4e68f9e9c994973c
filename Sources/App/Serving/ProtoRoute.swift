import CouponAPI
import Hummingbird
import NIOCore
import Web

/// `GET /coupon.proto`: the file that clients generate their code from.
enum ProtoRoute {
    static func add(to router: inout WebRouter) {
        let body = ByteBuffer(bytes: CouponAPI.proto)
        router.on(.get, "/coupon.proto", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "max-age=300"],
                body: .init(byteBuffer: body)
            )
        }
    }
}
