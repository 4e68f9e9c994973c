import HTTPTypes
import Hummingbird
import NIOCore
import Web

extension EnvelopedAnswer {
    /// The whole answer of a unary call.
    func response(_ encoded: RPCMethod.Encoded) -> Response {
        var fields = self.fields
        for field in encoded.headers.withoutReserved { fields.append(field) }
        var body = self.frame(encoded.message)
        let end = self.end(nil, trailers: encoded.trailers)
        if let last = end.frame { body.writeImmutableBuffer(last) }
        guard let trailers = end.trailers else {
            return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: body))
        }
        let bytes = body
        return Response(
            status: .ok,
            headers: fields,
            body: ResponseBody { writer in
                try await writer.write(bytes)
                try await writer.finish(trailers)
            }
        )
    }

    /// The whole answer of a call that failed before its first message.
    func response(_ error: RPCError) -> Response {
        AnswerCause.note?.write(error.cause)
        let (fields, body) = self.failed(error)
        // By gRPC such an answer is nothing but its head, and not even an empty piece of a body may come behind it.
        let isBare = body.readableBytes == 0
        return Response(status: .ok, headers: fields, body: isBare ? ResponseBody() : ResponseBody(byteBuffer: body))
    }

    /// The same as fields and bytes.
    func failed(_ error: RPCError) -> (fields: HTTPFields, body: ByteBuffer) {
        var fields = self.fields
        for field in error.headers.withoutReserved { fields.append(field) }
        let end = self.end(error, trailers: error.trailers)
        // Nothing stands between head and trailers, so they are one block.
        for field in end.trailers ?? [:] { fields.append(field) }
        return (fields, end.frame ?? ByteBuffer())
    }
}
