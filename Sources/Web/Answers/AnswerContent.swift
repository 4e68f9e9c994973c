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

    /// The length that the head of an answer without content tells, which mostly is that of what GET would answer.
    ///
    /// Unlike 204 and 304, 205 ends by its length, so that it must be 0 (RFC 9110, section 15.3.6).
    package static func length(_ told: String?, status: Int) -> String? {
        if status == 205 { return "0" }
        return status >= 200 && status != 204 ? told : nil
    }
}

extension HTTPResponseHead {
    /// The head of an answer without content, to be written past NIO's encoder, which does not know the method and
    /// would end an answer without a length by an empty chunk.
    var bytesWithoutContent: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeString("HTTP/\(self.version.major).\(self.version.minor) ")
        bytes.writeString("\(self.status.code) \(self.status.reasonPhrase)\r\n")
        for (name, value) in self.headers where !["transfer-encoding", "content-length"].contains(name.lowercased()) {
            bytes.writeString("\(name): \(value)\r\n")
        }
        let told = self.headers.first(name: "content-length")
        if let length = AnswerContent.length(told, status: Int(self.status.code)) {
            bytes.writeString("content-length: \(length)\r\n")
        }
        bytes.writeStaticString("\r\n")
        return bytes
    }
}
