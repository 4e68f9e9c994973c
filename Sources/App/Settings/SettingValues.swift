import Configuration

/// The effective value of every setting, and where it came from.
///
/// Command line before environment (`TALLY_…`) before file before default. A name that no setting has is an error: a
/// misspelled limit must not silently be no limit.
package struct SettingValues: Sendable {
    /// Names the file with the key with which commands call the service; no setting of a process.
    package static let clientKeyVariable = "TALLY_API_KEY_FILE"

    package struct Value: Hashable, Sendable {
        package let texts: [String]
        package let source: String
        /// The word of the version before that was written; `nil` for a word of today.
        package var formerWord: String?

        package var text: String { self.texts.joined(separator: ",") }
    }

    private let values: [String: Value]

    /// Reads all sources.
    ///
    /// `arguments` are the options only; `file` is the path of a JSON file.
    package init(
        arguments: [String],
        environment: [String: String],
        file: String?
    ) throws(SettingsError) {
        try Self.checkArguments(arguments)
        try Self.checkEnvironment(environment)
        var providers: [(source: String, provider: any ConfigProvider)] = [
            ("command line", CommandLineArgumentsProvider(arguments: ["tally"] + arguments)),
            (
                "environment",
                EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "tally")
            ),
        ]
        if let file {
            providers.append((file, try SettingFile(path: file).provider))
        }
        var values: [String: Value] = [:]
        for setting in Settings.all { values[setting.name] = try Self.value(of: setting, providers) }
        self.values = values
    }

    package subscript(_ setting: Setting) -> Value {
        self.values[setting.name] ?? Value(texts: Self.list(setting.defaultText), source: "default")
    }

    /// The settings that the command line gave, as they are passed on to child processes.
    package var given: [(environmentName: String, text: String)] {
        Settings.all.map { ($0.environmentName, self[$0]) }.filter { $0.1.source == "command line" }
            .map { ($0.0, $0.1.formerWord ?? $0.1.text) }
    }

    /// The words of the version before that were given, in the order of ``Settings/all``.
    package var formerWords: [FormerWord] {
        Settings.all.compactMap { setting in
            let value = self[setting]
            return value.formerWord.map {
                FormerWord(setting: setting.name, source: value.source, written: $0, today: value.text)
            }
        }
    }

    func text(_ setting: Setting) -> String { self[setting].text }
    func list(_ setting: Setting) -> [String] { self[setting].texts }
    func integer(_ setting: Setting) -> Int { Int(self[setting].text) ?? 0 }
    func decimal(_ setting: Setting) -> Double { Double(self[setting].text) ?? 0 }
    func seconds(_ setting: Setting) -> Duration { .seconds(self.decimal(setting)) }

    // MARK: Reading

    private static func value(
        of setting: Setting,
        _ providers: [(source: String, provider: any ConfigProvider)]
    ) throws(SettingsError) -> Value {
        let key = AbsoluteConfigKey(setting.components)
        for (source, provider) in providers {
            let invalid = SettingsError.invalid(name: setting.name, source: source, wanted: setting.kindText)
            let content: ConfigContent?
            do { content = try provider.value(forKey: key, type: setting.configType).value?.content } catch {
                throw invalid
            }
            guard let content else { continue }
            if let word = setting.formerWord(content) {
                return Value(texts: [word.today], source: source, formerWord: word.written)
            }
            guard let texts = setting.texts(content) else { throw invalid }
            return Value(texts: texts, source: source)
        }
        return Value(texts: Self.list(setting.defaultText), source: "default")
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0) }
    }

    // MARK: Unknown names

    private static func checkArguments(_ arguments: [String]) throws(SettingsError) {
        let known = Set(Settings.all.map(\.optionName))
        for argument in arguments where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            guard known.contains(name) else { throw .unknown(name: name, source: "the command line") }
        }
        if let first = arguments.first, !first.hasPrefix("--") {
            throw .unknown(name: first, source: "the command line")
        }
    }

    private static func checkEnvironment(_ environment: [String: String]) throws(SettingsError) {
        let known = Set(Settings.all.map(\.environmentName) + [Self.clientKeyVariable])
        for name in environment.keys.sorted() where name.hasPrefix("TALLY_") && !known.contains(name) {
            throw .unknown(name: name, source: "the environment")
        }
    }
}

extension Setting {
    fileprivate var configType: ConfigType {
        switch self.kind {
        case .text, .choice, .secretFile, .file: .string
        case .list: .stringArray
        case .integer: .int
        case .decimal: .double
        }
    }

    /// A word of the version before, and the one that means the same now; `nil` for anything else.
    fileprivate func formerWord(_ content: ConfigContent) -> (written: String, today: String)? {
        guard case .choice(let choices) = self.kind, case .string(let text) = content else { return nil }
        return choices.former[text].map { (text, $0) }
    }

    /// The value as texts, or `nil` when it is out of range.
    fileprivate func texts(_ content: ConfigContent) -> [String]? {
        switch (self.kind, content) {
        case (.text, .string(let text)), (.secretFile, .string(let text)), (.file, .string(let text)): [text]
        case (.choice(let choices), .string(let text)): choices.words.contains(text) ? [text] : nil
        case (.list, .stringArray(let texts)):
            texts.flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        case (.integer(let range), .int(let number)): range.contains(number) ? [String(number)] : nil
        case (.decimal(let range), .double(let number)): range.contains(number) ? [String(number)] : nil
        default: nil
        }
    }
}
