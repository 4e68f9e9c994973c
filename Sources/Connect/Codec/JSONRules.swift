import JSON
import SwiftProtobuf

/// The rules, taken from the descriptors, that a message in JSON must keep besides the grammar.
///
/// The library skips what it does not know, and in doing so it takes an unknown name of an enum for nothing, the last
/// of two spellings of one field, and any depth. So each message is looked at before the library reads it.
package struct JSONRules: Sendable {
    /// Most objects and arrays inside of each other, known or not.
    package static let depthLimit = 100

    private enum Kind: Sendable {
        case plain
        case message(String)
        /// The names of its values.
        case enumeration([String])
    }

    private struct Field: Sendable {
        let number: Int32
        let name: String
        let kind: Kind
        let isRepeated: Bool
    }

    /// Each message's fields, by their names in JSON and in the proto file.
    private var messages: [String: [String: Field]] = [:]
    /// Messages that are the entries of a map.
    private var entries: Set<String> = []

    /// Rules for messages that nothing is known of: the grammar, no name twice, the depth.
    package init() {}

    /// The rules of all messages in serialised `FileDescriptorSet`s.
    package init(_ sets: [[UInt8]]) throws {
        var files: [Google_Protobuf_FileDescriptorProto] = []
        for bytes in sets { files += try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes).file }
        var enumerations: [String: [String]] = [:]
        for file in files {
            let scope = file.package.isEmpty ? "." : ".\(file.package)."
            for type in file.enumType { enumerations[scope + type.name] = type.value.map(\.name) }
            for message in file.messageType { Self.collect(message, scope, into: &enumerations) }
        }
        for file in files {
            let scope = file.package.isEmpty ? "." : ".\(file.package)."
            for message in file.messageType { self.note(message, scope, enumerations) }
        }
    }

    private static func collect(
        _ message: Google_Protobuf_DescriptorProto,
        _ scope: String,
        into enumerations: inout [String: [String]]
    ) {
        let inner = scope + message.name + "."
        for type in message.enumType { enumerations[inner + type.name] = type.value.map(\.name) }
        for nested in message.nestedType { Self.collect(nested, inner, into: &enumerations) }
    }

    private mutating func note(
        _ message: Google_Protobuf_DescriptorProto,
        _ scope: String,
        _ enumerations: [String: [String]]
    ) {
        let name = scope + message.name
        for nested in message.nestedType { self.note(nested, name + ".", enumerations) }
        if message.options.mapEntry { self.entries.insert(name) }
        // Messages of this package have a form of their own in JSON.
        guard scope != ".google.protobuf." else { return }
        var fields: [String: Field] = [:]
        for field in message.field {
            let kind: Kind
            switch field.type {
            case .enum: kind = enumerations[field.typeName].map(Kind.enumeration) ?? .plain
            case .message, .group: kind = .message(field.typeName)
            default: kind = .plain
            }
            let noted = Field(
                number: field.number,
                name: field.name,
                kind: kind,
                isRepeated: field.label == .repeated
            )
            fields[field.name] = noted
            fields[field.jsonName] = noted
        }
        self.messages[name] = fields
    }

    /// Refuses, as `invalid_argument`, bytes that are not JSON, that nest too deep, that name a field twice in whatever
    /// spelling, or that name no value of an enum.
    ///
    /// `message` is the full name of the bytes' type. It costs one reading of the bytes.
    package func check(_ bytes: [UInt8], as message: String) throws(RPCError) {
        let value: JSONValue
        do { value = try JSONParser.parse(bytes, depthLimit: Self.depthLimit) } catch {
            throw RPCError(.invalidArgument, Self.reason(error))
        }
        try self.check(value, "." + message)
    }

    private static func reason(_ error: JSONError) -> String {
        switch error {
        case .tooDeep: "the message nests more than \(self.depthLimit) deep"
        case .duplicateName(let offset): "the message names a field twice, at byte \(offset)"
        case .notUTF8: "the message is not UTF-8"
        case .malformed(let offset): "the message is not JSON, from byte \(offset) on"
        case .notAnObject, .missingField, .wrongType, .unknownField: "the message is not JSON"
        }
    }

    private func check(_ value: JSONValue, _ message: String) throws(RPCError) {
        guard case .object(let members) = value, let fields = self.messages[message] else { return }
        var seen: Set<Int32> = []
        for (name, member) in members {
            guard let field = fields[name] else { continue }
            guard seen.insert(field.number).inserted else {
                throw .invalid(field.name, "is given twice, in two spellings of its name")
            }
            try self.check(member, field)
        }
    }

    private func check(_ value: JSONValue, _ field: Field) throws(RPCError) {
        if case .message(let name) = field.kind, self.entries.contains(name), case .object(let members) = value {
            guard let entry = self.messages[name]?["value"] else { return }
            for member in members.values { try self.checkOne(member, entry) }
        } else if field.isRepeated, case .array(let elements) = value {
            for element in elements { try self.checkOne(element, field) }
        } else {
            try self.checkOne(value, field)
        }
    }

    private func checkOne(_ value: JSONValue, _ field: Field) throws(RPCError) {
        switch field.kind {
        case .plain: return
        case .message(let name): try self.check(value, name)
        case .enumeration(let names):
            guard case .string(let name) = value, !names.contains(name) else { return }
            throw .invalid(field.name, "must be one of \(names.joined(separator: ", "))")
        }
    }
}

/// The rules, and the type of the message that they are asked about.
struct JSONRule: Sendable {
    let rules: JSONRules
    let message: String

    func check(_ bytes: [UInt8]) throws(RPCError) { try self.rules.check(bytes, as: self.message) }
}

extension RPCError {
    /// A field of a request that cannot be used, with `google.rpc.BadRequest`; `description` goes on after its name.
    static func invalid(_ field: String, _ description: String) -> RPCError {
        var info = Google_Rpc_ErrorInfo()
        info.domain = "tally"
        info.reason = "INVALID"
        var violation = Google_Rpc_BadRequest.FieldViolation()
        violation.field = field
        violation.description_p = description
        var bad = Google_Rpc_BadRequest()
        bad.fieldViolations = [violation]
        return RPCError(.invalidArgument, "\(field): \(description)", details: [RPCDetail(info), RPCDetail(bad)])
    }
}
