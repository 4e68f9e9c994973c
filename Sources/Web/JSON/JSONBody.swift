import HTTPTypes
package import Hummingbird
package import JSON
import NIOCore

/// The JSON body of a request, read under the rules that hold for every route.
package enum JSONBody {
    /// Bytes of a body that a route reads which needs no more; `http.bodyLimitBytes` may be less.
    package static let defaultLimit = 16_384

    /// Reads the whole body as one JSON value.
    ///
    /// Refuses with 415 another media type or any content encoding, with 413 more than `limit` bytes, and with 400 what
    /// is not strict JSON.
    package static func read(_ request: Request, limit: Int) async throws -> JSONValue {
        guard Self.isLabelled(request.headers) else { throw Problem.unsupportedMediaType }
        var request = request
        let buffer: ByteBuffer
        do { buffer = try await request.collectBody(upTo: limit) } catch is NIOTooManyBytesError {
            throw Problem.payloadTooLarge
        }
        return try JSONParser.parse(Array(buffer.readableBytesView))
    }

    /// Whether the head says that the content is JSON, as it is.
    static func isLabelled(_ headers: HTTPFields) -> Bool {
        Self.isJSON(headers[values: .contentType])
            && headers[.contentEncoding].map { $0.lowercased() == "identity" } ?? true
    }

    /// `application/json`, with `charset=utf-8` or no parameter.
    private static func isJSON(_ values: [String]) -> Bool {
        guard values.count == 1 else { return false }
        let parts = values[0].lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard parts.first == "application/json" else { return false }
        return parts.count == 1 || parts.count == 2 && ["charset=utf-8", "charset=\"utf-8\""].contains(parts[1])
    }
}

extension Response {
    /// An answer whose body is JSON text of ours.
    package init(status: HTTPResponse.Status = .ok, json: String, fields: HTTPFields = [:]) {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        for field in fields { headers[field.name] = field.value }
        self.init(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: json)))
    }

    /// An answer whose body is plain text of ours.
    package init(status: HTTPResponse.Status = .ok, text: String, fields: HTTPFields = [:]) {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
        for field in fields { headers[field.name] = field.value }
        self.init(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
