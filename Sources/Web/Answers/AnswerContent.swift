import NIOCore
import NIOHTTP1

/// Whether an answer may have content, which its request's method and its own status decide (RFC 9110, section 6.4.1).
///
/// Whatever a route says, bytes behind an answer that has no content are the beginning of the next answer to whoever
/// reads the connection, who may be another client behind the same proxy.
package enum AnswerContent {
    package static func isAllowed(isHead: Bool, status: Int) -> Bool {
        !isHead && status >= 200 && status != 204 && status != 205 && status != 304
    }

    /// Whether the head may tell a length: it is that of what GET would answer.
    package static func hasLength(status: Int) -> Bool { status >= 200 && status != 204 }
}

extension HTTPResponseHead {
    /// The head of an answer without content, to be written past NIO's encoder, which does not know the method and
    /// would end an answer without a length by an empty chunk.
    var bytesWithoutContent: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeString("HTTP/\(self.version.major).\(self.version.minor) ")
        bytes.writeString("\(self.status.code) \(self.status.reasonPhrase)\r\n")
        let hasLength = AnswerContent.hasLength(status: Int(self.status.code))
        for (name, value) in self.headers {
            let lowercased = name.lowercased()
            if lowercased == "transfer-encoding" || lowercased == "content-length" && !hasLength { continue }
            bytes.writeString("\(name): \(value)\r\n")
        }
        bytes.writeStaticString("\r\n")
        return bytes
    }
}
