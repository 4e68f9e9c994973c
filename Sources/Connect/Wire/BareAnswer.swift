import HTTPTypes
import Hummingbird
import NIOCore
import Web

/// The answer of a unary Connect call: a message or an error that stands by itself in the body.
struct BareAnswer: Sendable {
    let codec: MessageCodec
    let coding: ContentCoding
    let threshold: Int
    let isGet: Bool

    func response(_ encoded: RPCMethod.Encoded) -> Response {
        // The answer to a question by GET changes, and that to a change is nobody else's: no cache may keep either.
        var fields: HTTPFields = [.contentType: "application/\(self.codec.rawValue)", .cacheControl: "no-store"]
        if self.isGet { fields[.vary] = "Accept-Encoding" }
        let packed = self.coding.packed(encoded.message, threshold: self.threshold)
        if packed != nil { fields[.contentEncoding] = self.coding.rawValue }
        Self.add(headers: encoded.headers, trailers: encoded.trailers, to: &fields)
        return Response(
            status: .ok,
            headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: packed ?? encoded.message))
        )
    }

    static func response(_ error: RPCError) -> Response {
        AnswerCause.note?.write(error.cause)
        let (status, body) = error.connectAnswer()
        let fields = Self.fields(error)
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// The head's fields of an error.
    static func fields(_ error: RPCError) -> HTTPFields {
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        Self.add(headers: error.headers, trailers: error.trailers, to: &fields)
        return fields
    }

    /// Trailers are header fields with a prefix: the body has no place for them.
    private static func add(headers: HTTPFields, trailers: HTTPFields, to fields: inout HTTPFields) {
        for field in headers.withoutReserved { fields.append(field) }
        for field in trailers.withoutReserved {
            guard let name = HTTPField.Name("trailer-\(field.name.rawName)") else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
    }
}
