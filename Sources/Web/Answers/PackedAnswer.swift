import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Packs long answers with gzip for callers that take it; never what leaves on a hot route, or piece by piece.
struct PackedAnswer: Sendable {
    /// Bytes from which packing is worth its time.
    let threshold: Int

    /// The answer as it may leave: packed, or as it is.
    ///
    /// Long answers vary with what the caller takes, and say so to caches. A packed body is another one than the bare
    /// one byte for byte, so its tag is a weak one.
    func packed(_ response: Response, for fields: HTTPFields) async throws -> Response {
        guard let length = response.body.contentLength, length >= self.threshold,
            response.headers[.contentEncoding] == nil, Self.isText(response.headers[.contentType] ?? "")
        else { return response }
        var response = response
        response.headers.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        guard AcceptedCoding.takesGzip(fields) else { return response }
        let body = BodyCollector()
        try await response.body.write(body)
        // Not on the connection's event loop, which others wait for.
        let bytes = await withTaskExecutorPreference(globalConcurrentExecutor) {
            await Self.deflated(Array(body.bytes.readableBytesView))
        }
        guard let bytes, bytes.count < length else {
            response.body = ResponseBody(byteBuffer: body.bytes)
            return response
        }
        response.headers[.contentEncoding] = "gzip"
        if let tag = response.headers[.eTag], !tag.hasPrefix("W/") { response.headers[.eTag] = "W/" + tag }
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        return response
    }

    @concurrent
    private static func deflated(_ bytes: [UInt8]) async -> [UInt8]? { Gzip.deflated(bytes) }

    private static func isText(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
            || type == "application/x-ndjson"
    }
}

/// A body in one piece.
private final class BodyCollector: ResponseBodyWriter, Sendable {
    private let collected = Mutex(ByteBuffer())

    var bytes: ByteBuffer { self.collected.withLock(\.self) }

    @concurrent
    func write(_ buffer: ByteBuffer) async throws {
        self.collected.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    @concurrent
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
