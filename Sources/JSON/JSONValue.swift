/// A JSON text as it was sent: numbers keep their spelling, so that no amount ever passes through a float.
package indirect enum JSONValue: Hashable, Sendable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    /// The number's own text, which follows the grammar of RFC 8259, section 6.
    case number(String)
    case bool(Bool)
    case null
}

/// Why a body is not the JSON that is asked for; says where, never what was sent.
package enum JSONError: Error, Hashable, Sendable {
    case notUTF8
    case malformed(offset: Int)
    case tooDeep
    case duplicateName(offset: Int)
    case notAnObject
    case missingField(String)
    case wrongType(field: String, wanted: String)
    case unknownField
}

/// The fields of one object, taken out one by one; a field that is left at the end is unknown and refused.
package struct JSONFields {
    private var fields: [String: JSONValue]

    package init(_ value: JSONValue) throws(JSONError) {
        guard case .object(let fields) = value else { throw .notAnObject }
        self.fields = fields
    }

    /// Takes a field of any type; `nil` when it is absent.
    package mutating func take(_ name: String) -> JSONValue? { self.fields.removeValue(forKey: name) }

    package mutating func string(_ name: String) throws(JSONError) -> String {
        guard let text = try self.optionalString(name) else { throw .missingField(name) }
        return text
    }

    package mutating func optionalString(_ name: String) throws(JSONError) -> String? {
        switch self.take(name) {
        case .string(let text): return text
        case nil: return nil
        default: throw .wrongType(field: name, wanted: "a string")
        }
    }

    /// Takes a whole number in plain digits; `1.0` and `1e2` are refused.
    package mutating func integer(_ name: String) throws(JSONError) -> Int64 {
        guard let value = self.take(name) else { throw .missingField(name) }
        guard case .number(let text) = value, text != "-0", let number = Int64(text) else {
            throw .wrongType(field: name, wanted: "a whole number in plain digits that fits 64 bits")
        }
        return number
    }

    /// Every object ends with this call.
    package func finish() throws(JSONError) {
        guard self.fields.isEmpty else { throw .unknownField }
    }
}
