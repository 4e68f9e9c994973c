import Foundation

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

    private static func settings(_ files: [TidyFile]) -> [String] {
        files.filter { $0.isSwift && $0.path.hasPrefix("Sources/App/Settings") }.flatMap { file in
            file.text.matches(of: #/\bSetting(?:<[^>]*>)?(?:\.\w+)?\(\s*"([^"]+)"/#).map { String($0.1) }
        }
    }

    /// A document that speaks of a setting by its name speaks of one that there is.
    package static func namedSettings(_ files: [TidyFile]) -> [Violation] {
        let names = Set(Self.settings(files))
        let groups = Set(names.compactMap { $0.split(separator: ".").first.map(String.init) })
        // The names of operators' actions have the same form: they stand in the code as they are.
        let others = Set(files.filter(\.isSource).flatMap { $0.swift.literals.map(\.text) })
        return files.filter { $0.path.hasSuffix(".md") }.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                line.matches(of: #/`(([a-z][A-Za-z]*)\.[a-z][A-Za-z]+)(?:=[^`]*)?`/#).compactMap {
                    match -> Violation? in
                    guard !match.1.hasSuffix(".lua"), groups.contains(String(match.2)),
                        !names.contains(String(match.1)), !others.contains(String(match.1))
                    else { return nil }
                    return Violation(file, line: index + 1, "there is no setting \(match.1)")
                }
            }
        }
    }

    /// The table of exit codes has the numbers of `ExitCause`, and 0.
    package static func exitCodes(_ files: [TidyFile]) -> [String] {
        guard let code = files.first(where: { $0.path == "Sources/tally/ExitCause.swift" }),
            let document = files.first(where: { $0.path == "docs/operations.md" })
        else { return ["the table of exit codes has nothing to stand on"] }
        let used = code.text.matches(of: #/case \w+ = (\d+)/#).map { String($0.1) } + ["0"]
        let start = document.text.range(of: "## Exit codes")?.upperBound ?? document.text.endIndex
        let section = document.text[start...].prefix(
            upTo: document.text[start...].range(of: "\n## ")?.lowerBound ?? document.text.endIndex
        )
        let listed = section.matches(of: #/(?m)^\| (\d+) \|/#).map { String($0.1) }
        return Self.compare(used: used, listed: listed, document: "docs/operations.md", what: "exit code")
    }

    /// Each setting of the code has a row in the table, and the other way round.
    package static func configuration(_ files: [TidyFile]) -> [String] {
        let used = Self.settings(files)
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

    /// The text before each key's tag is no key yet.
    private static func isKey(_ text: String) -> Bool { text.contains(#/^\{?tally:\{?[^\s{]/#) }

    /// `tally:{\(self.window.milliseconds)}:count` → `tally:{<window>}:count`: the first name of what is put in, or the
    /// one before `.tag`.
    private static func pattern(_ literal: String) -> String {
        literal.replacing(#/\w+\.(\w+\.tag\b)/#) { $0.output.1 }.replacing(
            #/\\\((?:self\.)?(\w+)[^()]*(?:\([^()]*\))?[^()]*\)/#
        ) { "<\($0.output.1)>" }
    }
}
