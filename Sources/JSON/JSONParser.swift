/// A strict reader of JSON (RFC 8259) for bodies of requests.
///
/// Stricter than the library's: repeated names, lone surrogates, a byte order mark and bytes after the value are
/// errors, and numbers stay text. It never traps and its depth is bounded.
package struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private let depthLimit: Int

    package static func parse(_ bytes: [UInt8], depthLimit: Int = 32) throws(JSONError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw .notUTF8
        }
        var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.malformed }
        return value
    }

    private init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    private var malformed: JSONError { .malformed(offset: self.position) }

    private var current: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            self.position += 1
        }
    }

    private mutating func skip(_ wanted: Character) -> Bool {
        guard let ascii = wanted.asciiValue, self.current == ascii else { return false }
        self.position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        self.skipSpace()
        switch self.current {
        case UInt8(ascii: "{"): return try self.object(depth: depth)
        case UInt8(ascii: "["): return try self.array(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        default: return try self.number()
        }
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard self.bytes[self.position...].starts(with: text.utf8) else { throw self.malformed }
        self.position += text.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < self.depthLimit else { throw .tooDeep }
        self.position += 1
        var members: [String: JSONValue] = [:]
        self.skipSpace()
        if self.skip("}") { return .object(members) }
        repeat {
            self.skipSpace()
            let start = self.position
            guard self.current == UInt8(ascii: "\"") else { throw self.malformed }
            let name = try self.string()
            self.skipSpace()
            guard self.skip(":") else { throw self.malformed }
            let value = try self.value(depth: depth + 1)
            guard members.updateValue(value, forKey: name) == nil else { throw .duplicateName(offset: start) }
            self.skipSpace()
        } while self.skip(",")
        guard self.skip("}") else { throw self.malformed }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < self.depthLimit else { throw .tooDeep }
        self.position += 1
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.skip("]") { return .array(elements) }
        repeat {
            elements.append(try self.value(depth: depth + 1))
            self.skipSpace()
        } while self.skip(",")
        guard self.skip("]") else { throw self.malformed }
        return .array(elements)
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = self.position
        _ = self.skip("-")
        if !self.skip("0") { try self.digits() }
        if self.skip(".") { try self.digits() }
        if self.skip("e") || self.skip("E") {
            _ = self.skip("+") || self.skip("-")
            try self.digits()
        }
        return .number(String(decoding: self.bytes[start..<self.position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = self.position
        while let byte = self.current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.position += 1 }
        guard self.position > start else { throw self.malformed }
    }

    private mutating func string() throws(JSONError) -> String {
        self.position += 1
        var text: [UInt8] = []
        while let byte = self.current {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try self.escape().utf8
            case 0..<0x20: throw self.malformed
            default: text.append(byte)
            }
        }
        throw self.malformed
    }

    private mutating func escape() throws(JSONError) -> String {
        guard let byte = self.current else { throw self.malformed }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try self.unicodeEscape()
        default: throw self.malformed
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> String {
        var value = UInt32(try self.fourHexDigits())
        if (0xD800...0xDBFF).contains(value) {
            guard self.skip("\\"), self.skip("u") else { throw self.malformed }
            let low = UInt32(try self.fourHexDigits())
            guard (0xDC00...0xDFFF).contains(low) else { throw self.malformed }
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(value) else { throw self.malformed }
        return String(scalar)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        guard self.position + 4 <= self.bytes.count else { throw self.malformed }
        let text = String(decoding: self.bytes[self.position..<self.position + 4], as: UTF8.self)
        guard text.allSatisfy(\.isHexDigit), text.utf8.count == 4, let value = UInt16(text, radix: 16) else {
            throw self.malformed
        }
        self.position += 4
        return value
    }
}
