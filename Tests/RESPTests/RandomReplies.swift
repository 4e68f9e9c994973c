package import NIOCore
package import RESP

extension RESPValue {
    /// A reply of any shape, nested up to `depth`.
    package static func random(depth: Int, using random: inout some RandomNumberGenerator) -> RESPValue {
        switch Int.random(in: 0...(depth > 0 ? 5 : 4), using: &random) {
        case 0: return .status(String(repeating: "s", count: Int.random(in: 0...20, using: &random)))
        case 1: return .error("ERR \(random.next())")
        case 2: return .integer(Int64(truncatingIfNeeded: random.next() >> UInt64.random(in: 0..<64, using: &random)))
        case 3: return .null
        case 4:
            let count = Int.random(in: 0...40, using: &random)
            return .bulk(ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }))
        default:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) }
            )
        }
    }
}

extension ByteBuffer {
    /// Writes what Redis would send.
    package mutating func writeReply(_ value: RESPValue) {
        switch value {
        case .status(let text): self.writeString("+\(text)\r\n")
        case .error(let text): self.writeString("-\(text)\r\n")
        case .integer(let integer): self.writeString(":\(integer)\r\n")
        case .null: self.writeString("$-1\r\n")
        case .bulk(let bytes): self.writeBulk(bytes.readableBytesView)
        case .array(let elements):
            self.writeArrayHeader(elements.count)
            for element in elements { self.writeReply(element) }
        }
    }
}
