package import NIOCore

/// Writes commands: an array of bulks each, as RESP2 wants them.
extension ByteBuffer {
    /// Begins a command of `count` words, which must follow as bulks.
    package mutating func writeArrayHeader(_ count: Int) {
        self.writeHeader(UInt8(ascii: "*"), count)
    }

    /// Writes one word of a command.
    package mutating func writeBulk(_ text: String) {
        self.writeHeader(UInt8(ascii: "$"), text.utf8.count)
        self.writeString(text)
        self.writeInteger(Self.lineEnd)
    }

    /// Writes one word of a command.
    package mutating func writeBulk(_ text: StaticString) {
        self.writeHeader(UInt8(ascii: "$"), text.utf8CodeUnitCount)
        self.writeStaticString(text)
        self.writeInteger(Self.lineEnd)
    }

    /// Writes one word of a command.
    package mutating func writeBulk(_ bytes: ByteBufferView) {
        self.writeHeader(UInt8(ascii: "$"), bytes.count)
        self.writeBytes(bytes)
        self.writeInteger(Self.lineEnd)
    }

    /// Writes one word of a command in decimal, without an intermediate string.
    package mutating func writeBulk(_ integer: Int) {
        let magnitude = UInt64(integer.magnitude)
        let digits = Self.digitCount(magnitude)
        self.writeHeader(UInt8(ascii: "$"), integer < 0 ? digits + 1 : digits)
        if integer < 0 { self.writeInteger(UInt8(ascii: "-")) }
        self.writeDecimal(magnitude, digits: digits)
        self.writeInteger(Self.lineEnd)
    }

    private static let lineEnd: UInt16 = 0x0d0a

    /// Writes a type byte, a count and the end of the line, short counts in one or two stores.
    private mutating func writeHeader(_ type: UInt8, _ count: Int) {
        precondition(count >= 0)
        switch count {
        case 0..<10:
            self.writeInteger(UInt32(type) << 24 | Self.ascii(count) << 16 | UInt32(Self.lineEnd))
        case 10..<100:
            self.writeInteger(type)
            self.writeInteger(Self.ascii(count / 10) << 24 | Self.ascii(count % 10) << 16 | UInt32(Self.lineEnd))
        default:
            self.writeInteger(type)
            let magnitude = UInt64(count)
            self.writeDecimal(magnitude, digits: Self.digitCount(magnitude))
            self.writeInteger(Self.lineEnd)
        }
    }

    private static func ascii(_ digit: Int) -> UInt32 { UInt32(truncatingIfNeeded: digit) + 48 }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    /// Writes the digits in groups of eight from the right, each in one store.
    private mutating func writeDecimal(_ value: UInt64, digits: Int) {
        var digits = digits
        var value = value
        if digits > 8 {
            self.writeDecimal(value / 100_000_000, digits: digits - 8)
            value %= 100_000_000
            digits = 8
        }
        var word: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 8) {
            word |= (value % 10 + 48) << UInt64(shift)
            value /= 10
        }
        // The wanted digits go first, and what was stored after them is written over next.
        let unwanted = 8 - digits
        self.writeInteger(word << UInt64(unwanted * 8))
        self.moveWriterIndex(to: self.writerIndex - unwanted)
    }
}
