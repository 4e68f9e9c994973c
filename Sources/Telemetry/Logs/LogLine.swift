package import Logging

/// One JSON object of a log line while it is written.
///
/// Every text is escaped so that no terminal and no line reader can be misled by it, cut to 512 characters
/// (Unicode scalars, the last one then is `…`), and stripped of what looks like a secret.
package struct LogLine {
    /// Characters of one text: message, key or value.
    package static let textLimit = 512
    /// Bytes after which no more metadata is written; `"_cut":true` then says so.
    package static let sizeLimit = 16384
    /// Levels of dictionaries and arrays inside a metadata value; deeper ones are written as `…`.
    package static let depthLimit = 8

    private var bytes: [UInt8] = []
    private var isEmpty = true

    package init() {
        self.bytes.reserveCapacity(512)
        self.bytes.append(UInt8(ascii: "{"))
    }

    package var isFull: Bool { self.bytes.count > Self.sizeLimit }

    /// Ends the object and the line.
    package consuming func finished() -> [UInt8] {
        self.bytes.append(UInt8(ascii: "}"))
        self.bytes.append(UInt8(ascii: "\n"))
        return self.bytes
    }

    package mutating func add(_ key: StaticString, text: String) {
        self.addKey("\(key)")
        self.append(text: text)
    }

    package mutating func add(_ key: StaticString, flag: Bool) {
        self.addKey("\(key)")
        self.append(raw: flag ? "true" : "false")
    }

    package mutating func add(_ key: StaticString, microsecondsSinceEpoch instant: Int64) {
        self.addKey("\(key)")
        self.bytes.append(UInt8(ascii: "\""))
        LogTimestamp.append(instant, to: &self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a metadata value under a key, or `***` when the key names a secret.
    package mutating func add(_ key: String, named name: String, value: Logger.MetadataValue) {
        self.addKey(key)
        self.append(value, named: name, depth: 0)
    }

    private mutating func addKey(_ key: String) {
        if !self.isEmpty { self.bytes.append(UInt8(ascii: ",")) }
        self.isEmpty = false
        self.append(text: key)
        self.bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ value: Logger.MetadataValue, named name: String, depth: Int) {
        guard !Redaction.isSecret(name) else { return self.append(text: Redaction.mask) }
        guard depth < Self.depthLimit, !self.isFull else { return self.append(text: "…") }
        switch value {
        case .string(let text): self.append(text: text)
        case .stringConvertible(let value): self.append(convertible: value)
        case .array(let values):
            self.bytes.append(UInt8(ascii: "["))
            for (index, element) in values.enumerated() {
                if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
                self.append(element, named: name, depth: depth + 1)
                if self.isFull { break }
            }
            self.bytes.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            self.bytes.append(UInt8(ascii: "{"))
            for (index, (key, element)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
                self.append(text: key)
                self.bytes.append(UInt8(ascii: ":"))
                self.append(element, named: key, depth: depth + 1)
                if self.isFull { break }
            }
            self.bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Numbers and truths stay what they are; everything else is its description.
    private mutating func append(convertible value: any CustomStringConvertible) {
        switch value {
        case let value as Bool: self.append(raw: value ? "true" : "false")
        case let value as any BinaryInteger: self.append(raw: String(value))
        case let value as Double where value.isFinite: self.append(raw: value.description)
        default: self.append(text: value.description)
        }
    }

    private mutating func append(raw text: String) {
        self.bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        LogString.append(text, limit: Self.textLimit, to: &self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
    }
}
