import Configuration
import FoundationEssentials
import JSON
import Web

/// A file of settings: one JSON object whose nested names are the settings' names.
///
/// Read by the same strict parser as requests. The library's own JSON provider would pull all of Foundation into the
/// process: 15 MB more resident, for nothing else.
struct SettingFile {
    let provider: InMemoryProvider

    init(path: String) throws(SettingsError) {
        let root: JSONValue
        do {
            root = try JSONParser.parse(Array(try Data(contentsOf: URL(filePath: path))))
        } catch {
            throw .fileUnreadable(path: path, reason: "it is missing, or not strict JSON")
        }
        guard case .object = root else { throw .fileUnreadable(path: path, reason: "it is not a JSON object") }
        let settings = Dictionary(uniqueKeysWithValues: Settings.all.map { ($0.name, $0) })
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in Self.leaves(root, prefix: "") {
            guard let setting = settings[name] else { throw .unknown(name: name, source: path) }
            guard let content = Self.content(value, for: setting.kind) else {
                throw .invalid(name: name, source: path, wanted: setting.kindText)
            }
            values[AbsoluteConfigKey(setting.components)] = ConfigValue(content, isSecret: setting.mayHoldSecret)
        }
        self.provider = InMemoryProvider(name: path, values: values)
    }

    private static func leaves(_ value: JSONValue, prefix: String) -> [(name: String, value: JSONValue)] {
        guard case .object(let members) = value else { return [(prefix, value)] }
        return members.sorted { $0.key < $1.key }.flatMap { name, member in
            Self.leaves(member, prefix: prefix.isEmpty ? name : "\(prefix).\(name)")
        }
    }

    /// The value in the type that the setting is asked for; `nil` when it has another.
    private static func content(_ value: JSONValue, for kind: Setting.Kind) -> ConfigContent? {
        switch (kind, value) {
        case (.text, .string(let text)), (.choice, .string(let text)), (.secretFile, .string(let text)),
            (.file, .string(let text)):
            .string(text)
        case (.list, .string(let text)): .stringArray([text])
        case (.list, .array(let elements)): Self.texts(elements).map { .stringArray($0) }
        case (.integer, .number(let text)): Int(text).map { .int($0) }
        case (.decimal, .number(let text)): Double(text).map { .double($0) }
        default: nil
        }
    }

    /// All elements as texts; `nil` when one is none, because a limit must not silently be no limit.
    private static func texts(_ elements: [JSONValue]) -> [String]? {
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element else { return nil }
            texts.append(text)
        }
        return texts
    }
}
