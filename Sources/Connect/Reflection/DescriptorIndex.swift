import SwiftProtobuf

/// Files of proto by their name, and by what they declare.
package struct DescriptorIndex: Sendable {
    private struct File: Sendable {
        let bytes: [UInt8]
        let imports: [String]
    }

    private var files: [String: File] = [:]
    /// The file of each declared name.
    private var symbols: [String: String] = [:]
    /// The file of each extension, by the message it extends and its number.
    private var extensions: [String: [Int32: String]] = [:]

    /// An index of nothing.
    package init() {}

    /// The index of serialised `FileDescriptorSet`s; a file that is in two of them is taken once.
    package init(_ sets: [[UInt8]]) throws {
        for bytes in sets {
            let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
            for file in set.file where self.files[file.name] == nil {
                self.files[file.name] = File(bytes: try file.serializedBytes(), imports: file.dependency)
                self.note(file)
            }
        }
    }

    /// A file and all that it imports, it first; `nil` when there is none of this name.
    package func closure(ofFile name: String) -> [[UInt8]]? {
        guard self.files[name] != nil else { return nil }
        var names = [name]
        var index = 0
        while index < names.count {
            for other in self.files[names[index]]?.imports ?? [] where !names.contains(other) { names.append(other) }
            index += 1
        }
        return names.compactMap { self.files[$0]?.bytes }
    }

    package func closure(ofSymbol name: String) -> [[UInt8]]? { self.symbols[name].flatMap(self.closure(ofFile:)) }

    package func closure(ofExtension number: Int32, of message: String) -> [[UInt8]]? {
        self.extensions[message]?[number].flatMap(self.closure(ofFile:))
    }

    /// The numbers of a message's extensions in order; `nil` when there is no such message.
    package func extensionNumbers(of message: String) -> [Int32]? {
        guard self.symbols[message] != nil else { return nil }
        return self.extensions[message].map { $0.keys.sorted() } ?? []
    }

    private mutating func note(_ file: Google_Protobuf_FileDescriptorProto) {
        let scope = file.package.isEmpty ? "" : file.package + "."
        for message in file.messageType { self.note(message, scope, file.name) }
        for type in file.enumType { self.note(type, scope, file.name) }
        for field in file.extension { self.note(extension: field, scope, file.name) }
        for service in file.service {
            self.symbols[scope + service.name] = file.name
            for method in service.method { self.symbols["\(scope)\(service.name).\(method.name)"] = file.name }
        }
    }

    private mutating func note(_ message: Google_Protobuf_DescriptorProto, _ scope: String, _ file: String) {
        let name = scope + message.name
        self.symbols[name] = file
        for field in message.field { self.symbols["\(name).\(field.name)"] = file }
        for type in message.enumType { self.note(type, name + ".", file) }
        for field in message.extension { self.note(extension: field, name + ".", file) }
        for inner in message.nestedType { self.note(inner, name + ".", file) }
    }

    private mutating func note(_ type: Google_Protobuf_EnumDescriptorProto, _ scope: String, _ file: String) {
        self.symbols[scope + type.name] = file
        // Values stand in the scope of their enum.
        for value in type.value { self.symbols[scope + value.name] = file }
    }

    private mutating func note(
        extension field: Google_Protobuf_FieldDescriptorProto,
        _ scope: String,
        _ file: String
    ) {
        self.symbols[scope + field.name] = file
        let message = field.extendee.hasPrefix(".") ? String(field.extendee.dropFirst()) : field.extendee
        self.extensions[message, default: [:]][field.number] = file
    }
}
