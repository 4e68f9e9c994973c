/// The names of types: a reader who searches for one finds one.
package enum TypeRules {
    private static let generated = "/Generated/"

    /// No name stands for two types at the top level of two modules.
    package static func twice(_ files: [TidyFile]) -> [Violation] {
        var first: [String: (module: String, path: String)] = [:]
        var violations: [Violation] = []
        for file in files where file.isSwift && file.isSource && !file.path.contains(Self.generated) {
            let module = String(file.path.split(separator: "/")[1])
            for (index, line) in file.swift.lines.enumerated() {
                guard let name = Self.type(in: line) else { continue }
                guard let other = first[name] else {
                    first[name] = (module, file.path)
                    continue
                }
                guard other.module != module else { continue }
                let complaint = "\(name) is the name of a type in \(other.path), too"
                violations.append(Violation(file, line: index + 1, complaint))
            }
        }
        return violations
    }

    /// The type that a line declares at the top level.
    private static func type(in line: String) -> String? {
        guard let start = line.first, start.isLetter || start == "@", !line.contains("import ") else { return nil }
        let declaration = #/(?:@\w+\s+)*(?:[a-z]+(?:\(set\))?\s+)*?(?:struct|class|enum|actor|protocol)\s+(\w+)/#
        return line.prefixMatch(of: declaration).map { String($0.1) }
    }
}
