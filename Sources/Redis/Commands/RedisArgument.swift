package import NIOCore
import RESP

/// One word of a command after its name.
package enum RedisArgument: Sendable {
    /// The name of a key, marked so that a client of many nodes knows where the command belongs.
    case key(String)
    case text(String)
    case integer(Int)
    case bytes(ByteBuffer)
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral integer: Int) { self = .integer(integer) }

    /// The key's name when this is a key.
    package var key: String? {
        guard case .key(let key) = self else { return nil }
        return key
    }
}

extension ByteBuffer {
    /// Writes one word of a command.
    package mutating func writeBulk(_ argument: RedisArgument) {
        switch argument {
        case .key(let text), .text(let text): self.writeBulk(text)
        case .integer(let integer): self.writeBulk(integer)
        case .bytes(let bytes): self.writeBulk(bytes.readableBytesView)
        }
    }
}
