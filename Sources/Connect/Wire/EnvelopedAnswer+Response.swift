import HTTPTypes
import Hummingbird
import NIOCore
import Web

extension EnvelopedAnswer {
    /// The whole answer of a unary call.
    func response(_ encoded: RPCMethod.Encoded) -> Response {
        self.response(self.frame(encoded.message), nil, headers: encoded.headers, trailers: encoded.trailers)
    }

    /// The whole answer of a call that failed before its first message.
    func response(_ error: RPCError) -> Response {
        AnswerCause.note?.write(error.cause)
        return self.response(nil, error, headers: error.headers, trailers: error.trailers)
    }

    private func response(
        _ frame: ByteBuffer?,
        _ error: RPCError?,
        headers: HTTPFields,
        trailers: HTTPFields
    ) -> Response {
        var fields = self.fields
        for field in headers.withoutReserved { fields.append(field) }
        let end = self.end(error, trailers: trailers)
        var bytes = frame ?? ByteBuffer()
        if let last = end.frame { bytes.writeImmutableBuffer(last) }
        guard let trailers = end.trailers else {
            return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: bytes))
        }
        guard frame != nil else {
            // Nothing stands between head and trailers, so they are one block.
            for field in trailers { fields.append(field) }
            return Response(status: .ok, headers: fields)
        }
        let body = bytes
        return Response(
            status: .ok,
            headers: fields,
            body: ResponseBody { writer in
                try await writer.write(body)
                try await writer.finish(trailers)
            }
        )
    }
}
