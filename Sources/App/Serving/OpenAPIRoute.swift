import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import Web

/// `GET /openapi.json`: the description of the interface.
enum OpenAPIRoute {
    private static let body = ByteBuffer(bytes: OpenAPIDocument.bytes)

    static func add(to router: inout WebRouter) {
        router.on(.get, "/openapi.json", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "max-age=300"],
                body: ResponseBody(byteBuffer: Self.body)
            )
        }
    }
}
