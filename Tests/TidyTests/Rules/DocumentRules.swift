/// Documents against the code that they describe, in both directions.
package enum DocumentRules {
    package static let keys = "docs/keys.md"
    package static let configuration = "docs/configuration.md"

    /// Keys are built in `…Keys.swift` and nowhere else.
    package static func strayKeys(_ file: TidyFile) -> [Violation] {
        guard file.isSwift, file.isSource, !file.name.hasSuffix("Keys.swift") else { return [] }
        return file.swift.literals.filter { Self.isKey($0.text) }.map {
            Violation(file, line: $0.line, "the key \($0.text) belongs into a file named …Keys.swift")
        }
    }

    /// Each key of the code stands in the document, with `<name>` for what varies, and the other way round.
    package static func keys(_ files: [TidyFile]) -> [String] {
        let used = files.filter { $0.isSource && $0.name.hasSuffix("Keys.swift") }.flatMap { file in
            file.swift.literals.map(\.text).filter(Self.isKey).map(Self.pattern)
        }
        guard let document = files.first(where: { $0.path == Self.keys }) else { return ["\(Self.keys) is missing"] }
        let listed = document.text.matches(of: #/`([^`\n]+)`/#).map { String($0.1) }.filter(Self.isKey).map { key in
            // A key that ends with a colon in code is what several keys begin with; the document says how they go on.
            let beginning = key.replacing(#/<\w+>$/#, with: "")
            return used.contains(beginning) ? beginning : key
        }
        return Self.compare(used: used, listed: listed, document: Self.keys, what: "key")
    }

    /// Each setting of the code has a row in the table, and the other way round.
    package static func configuration(_ files: [TidyFile]) -> [String] {
        let settings = #/\bSetting(?:<[^>]*>)?(?:\.\w+)?\(\s*"([^"]+)"/#
        let used =
            files
            .filter { $0.isSwift && $0.path.hasPrefix("Sources/App/Settings") }
            .flatMap { $0.text.matches(of: settings).map { String($0.1) } }
        guard let document = files.first(where: { $0.path == Self.configuration }) else {
            return ["\(Self.configuration) is missing"]
        }
        let listed = document.text.matches(of: #/(?m)^\|\s*`([A-Za-z0-9_.]+)`\s*\|/#).map { String($0.1) }
        return Self.compare(used: used, listed: listed, document: Self.configuration, what: "setting")
    }

    private static func compare(used: [String], listed: [String], document: String, what: String) -> [String] {
        Set(used).subtracting(listed).sorted().map { "\(document) does not list the \(what) \($0)" }
            + Set(listed).subtracting(used).sorted().map { "\(document) lists the \(what) \($0), which no code has" }
    }

    private static func isKey(_ text: String) -> Bool { text.contains(#/^\{?tally:\S/#) }

    /// `tally:{\(self.window.milliseconds)}:count` → `tally:{<window>}:count`: the first name of what is put in.
    private static func pattern(_ literal: String) -> String {
        literal.replacing(#/\\\((?:self\.)?(\w+)[^()]*(?:\([^()]*\))?[^()]*\)/#) { "<\($0.output.1)>" }
    }
}
