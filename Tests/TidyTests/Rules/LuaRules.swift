/// How a script that Redis runs presents itself.
package enum LuaRules {
    /// The decision, then `KEYS`, `ARGV` and the reply, each at its place in the header.
    package static func header(_ file: TidyFile) -> [Violation] {
        guard file.isLua, file.isSource else { return [] }
        let header = file.lines.prefix { $0.hasPrefix("--") }
        let body = file.lines.dropFirst(header.count).joined(separator: "\n")
        var violations: [Violation] = []
        if !(header.first?.contains(#/^-- [A-Z].*[.:,\w]$/#) ?? false) {
            violations.append(Violation(file, "the first line says what the script decides"))
        }
        for list in ["KEYS", "ARGV"] where body.contains(list + "[") || body.contains("#" + list) {
            if !header.contains(where: { $0.hasPrefix("-- " + list + "[") }) {
                violations.append(Violation(file, "the header does not list \(list)"))
            }
        }
        if !header.contains(where: { $0.contains(#/\bReturns\b/#) }) {
            violations.append(Violation(file, "the header does not say what it returns"))
        }
        return violations
    }

    /// Every key comes in as a key, so that a cluster can route the script.
    package static func keys(_ file: TidyFile) -> [Violation] {
        guard file.isLua, file.isSource else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard !line.hasPrefix("--"), line.contains(#/["']\{?tally:/#) else { return nil }
            return Violation(file, line: index + 1, "a script builds no key; pass it in")
        }
    }

    /// A script that no Swift type names is dead, or called by hand.
    package static func facades(_ files: [TidyFile]) -> [Violation] {
        let swift = files.filter { $0.isSwift && $0.isSource }.map { $0.swift.code }
        return files.filter { $0.isLua && $0.isSource }.compactMap { file in
            let resource = "PackageResources." + file.name.replacing(".", with: "_")
            return swift.contains { $0.contains(resource) } ? nil : Violation(file, "nothing names \(resource)")
        }
    }
}
