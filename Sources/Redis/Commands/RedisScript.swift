package import NIOCore
import Nettle
import RESP

/// A Lua script of this program.
///
/// Make one per script, as a `static let`.
package struct RedisScript: Sendable {
    /// Its file's name without the ending, which is also the metric label.
    package var name: String { self.content.name }
    package var source: [UInt8] { self.content.source }
    /// The SHA-1 of the source in hexadecimal: Redis's name for it.
    package var digest: String { self.content.digest }

    private let content: Content

    package init(_ name: String, source: [UInt8]) {
        self.content = Content(name, source)
    }

    /// `EVALSHA digest`, as the first two bulks of a command.
    package var evalshaHead: ByteBuffer { self.content.evalshaHead }
    /// `EVAL source`, as the first two bulks of a command.
    package var evalHead: ByteBuffer { self.content.evalHead }

    /// Behind a reference, so that a call in flight carries one word and not five fields.
    private final class Content: Sendable {
        let name: String
        let source: [UInt8]
        let digest: String
        let evalshaHead: ByteBuffer
        let evalHead: ByteBuffer

        init(_ name: String, _ source: [UInt8]) {
            self.name = name
            self.source = source
            self.digest = Nettle.hexadecimal(Nettle.sha1(source))
            var head = ByteBuffer()
            head.writeBulk("EVALSHA")
            head.writeBulk(self.digest)
            self.evalshaHead = head
            head = ByteBuffer()
            head.writeBulk("EVAL")
            head.writeBulk(ByteBuffer(bytes: source).readableBytesView)
            self.evalHead = head
        }
    }
}
