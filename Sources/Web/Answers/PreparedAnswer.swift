import HTTPTypes
package import Metrics
package import NIOCore
package import NIOHTTP1

/// An answer whose bytes are made once and sent many times.
///
/// `Date`, `X-Request-Id` and `Connection` are put in for each request.
package struct PreparedAnswer {
    /// Status line and fields, each line ended.
    package let head: ByteBuffer
    package let body: ByteBuffer
    package let status: Int
    package let cause: AnswerCause
    /// Counts the time of each request answered so.
    package let timer: Metrics.Timer?

    package init(
        _ status: HTTPResponseStatus,
        fields: [(name: String, value: String)],
        body: String,
        cause: AnswerCause? = nil,
        timer: Metrics.Timer? = nil
    ) {
        self.init(status, fields: fields, bytes: ByteBuffer(string: body), cause: cause, timer: timer)
    }

    /// The same with a body that is no text.
    package init(
        _ status: HTTPResponseStatus,
        fields: [(name: String, value: String)],
        bytes: ByteBuffer,
        cause: AnswerCause? = nil,
        timer: Metrics.Timer? = nil
    ) {
        var head = ByteBuffer(string: "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        for field in fields { head.writeString("\(field.name): \(field.value)\r\n") }
        if let length = AnswerContent.length("\(bytes.readableBytes)", status: Int(status.code)) {
            head.writeString("content-length: \(length)\r\n")
        }
        self.head = head
        self.body = bytes
        self.status = Int(status.code)
        self.cause = cause ?? AnswerCause(status: Int(status.code))
        self.timer = timer
    }

    /// The bytes for one request.
    func bytes(date: String, requestID: String, isClosing: Bool, isHTTP10: Bool, isHead: Bool) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: self.head.readableBytes + 160 + self.body.readableBytes)
        bytes.writeImmutableBuffer(self.head)
        bytes.writeStaticString("date: ")
        bytes.writeString(date)
        bytes.writeStaticString("\r\nx-request-id: ")
        bytes.writeString(requestID)
        if isClosing {
            bytes.writeStaticString("\r\nconnection: close\r\n\r\n")
        } else if isHTTP10 {
            bytes.writeStaticString("\r\nconnection: keep-alive\r\n\r\n")
        } else {
            bytes.writeStaticString("\r\n\r\n")
        }
        if AnswerContent.isAllowed(isHead: isHead, status: self.status) { bytes.writeImmutableBuffer(self.body) }
        return bytes
    }
}

extension Problem {
    /// The problem as bytes, for places where no router is near.
    func prepared(requestID: String) -> PreparedAnswer {
        PreparedAnswer(
            HTTPResponseStatus(statusCode: self.status.code),
            fields: self.fields.map { ($0.name.rawName, $0.value) },
            body: self.body(requestID: requestID),
            cause: self.cause
        )
    }
}
