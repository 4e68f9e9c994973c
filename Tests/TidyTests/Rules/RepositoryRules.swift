/// The rules for the repository as a whole.
package enum RepositoryRules {
    /// A shell script may be executed, says what it does, fails early and answers `--help`.
    package static func shell(_ file: TidyFile) -> [Violation] {
        guard file.isShell else { return [] }
        var violations: [Violation] = []
        if !file.isExecutable { violations.append(Violation(file, "is not executable")) }
        if file.lines.first != "#!/usr/bin/env bash" { violations.append(Violation(file, "is no bash script")) }
        if !(file.lines.dropFirst().first?.hasPrefix("# ") ?? false) {
            violations.append(Violation(file, line: 2, "does not say what it does"))
        }
        if !file.lines.contains("set -euo pipefail") {
            violations.append(Violation(file, line: 3, "goes on after an error"))
        }
        if file.path.hasPrefix("scripts/"), !file.text.contains("--help") {
            violations.append(Violation(file, "does not answer --help"))
        }
        return violations
    }

    /// A script that nothing names is one that nobody runs.
    package static func orphans(_ files: [TidyFile]) -> [Violation] {
        let scripts = files.filter { $0.path.hasPrefix("scripts/") }
        let readers: Set<String> = ["README.md", "CONTRIBUTING.md"]
        return scripts.compactMap { script in
            let isNamed = files.contains { file in
                guard file.path != script.path else { return false }
                guard readers.contains(file.path) || file.isShell else { return false }
                return file.text.contains(script.path)
            }
            return isNamed ? nil : Violation(script, "no script, README.md or CONTRIBUTING.md names it")
        }
    }

    /// A path of one machine means nothing on the next one.
    package static func machinePaths(_ file: TidyFile) -> [Violation] {
        // Put together here, so that this file does not break its own rule.
        let foreign = ["/wo" + "rk/", "../sha" + "red", ".libr" + "ary/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/"]
        return file.lines.enumerated().compactMap { index, line in
            foreign.first { line.contains($0) }.map { Violation(file, line: index + 1, "names \($0)") }
        }
    }

    package static let readmeLimit = 150

    /// The documents that a reader looks for first.
    package static let documents = [
        "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "STYLE.md",
    ]

    /// A link to a file of the repository leads to one.
    package static func links(_ file: TidyFile, among files: [TidyFile]) -> [Violation] {
        guard file.path.hasSuffix(".md") else { return [] }
        let paths = Set(files.map(\.path))
        let folder = file.path.split(separator: "/").dropLast().map(String.init)
        return file.lines.enumerated().flatMap { index, line in
            line.matches(of: #/\]\(([^)#\s]+)/#).compactMap { match -> Violation? in
                guard !match.1.contains(":") else { return nil }
                let path = Self.resolve(match.1, in: folder)
                let isThere = paths.contains(path) || paths.contains { $0.hasPrefix(path + "/") }
                return isThere ? nil : Violation(file, line: index + 1, "a link to \(path), which is not there")
            }
        }
    }

    private static func resolve(_ link: Substring, in folder: [String]) -> String {
        var parts = folder
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}
