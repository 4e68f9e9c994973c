/// A switch over an error names every case: one that is new must be decided, not fall into what was meant for others.
package enum ErrorRules {
    /// The switches over enums of errors of `Sources` that have a `default`.
    package static func defaults(_ files: [TidyFile]) -> [Violation] {
        let sources = files.filter { $0.isSwift && $0.isSource }
        let errors = sources.flatMap { Self.errors($0.swift.code) }
        return sources.flatMap { file in
            Self.switches(file.swift.code).compactMap { found -> Violation? in
                guard found.hasDefault, found.cases.count > 1 || found.isOfError && found.cases.count == 1,
                    errors.contains(where: found.cases.isSubset)
                else { return nil }
                return Violation(file, line: found.line, "a switch over an error has a default: name the cases")
            }
        }
    }

    /// The names of the cases of each enum of errors.
    private static func errors(_ code: String) -> [Set<String>] {
        code.matches(of: #/\benum\s+\w+\s*:[^{]*\bError\b[^{]*\{/#).map { match in
            let labels = SwiftBlock(code[match.range.upperBound...]).labels(until: ["\n"])
            return Set(labels.filter { $0.word == "case" }.flatMap { Self.names($0.text.prefix { $0 != "=" }) })
        }
    }

    private struct Switch {
        let line: Int
        /// Whether its name tells that it is an error.
        let isOfError: Bool
        var cases: Set<String> = []
        var hasDefault = false
    }

    private static func switches(_ code: String) -> [Switch] {
        code.matches(of: #/\bswitch\s+([^{\n]+)\{/#).map { match in
            let line = code[..<match.range.lowerBound].count { $0 == "\n" } + 1
            let subject = match.1.lowercased()
            let isOfError = ["error", "failure", "self"].contains { subject.contains($0) }
            var found = Switch(line: line, isOfError: isOfError)
            for label in SwiftBlock(code[match.range.upperBound...]).labels(until: [":"]) {
                let text = label.text.split(separator: #/\bwhere\b/#).first ?? ""
                if label.word == "default" || text.trimmingPrefix(" ") == "_" {
                    found.hasDefault = true
                } else {
                    // A label that is no case of an enum, as a range or a type, is not found among the cases of errors.
                    found.cases.formUnion(Self.names(text))
                }
            }
            return found
        }
    }

    /// `.a(let b), .c` → `a`, `c`; payloads left out.
    private static func names(_ patterns: some StringProtocol) -> [String] {
        var depth = 0
        var names = [""]
        for character in patterns {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0: names.append("")
            default: if depth == 0 { names[names.count - 1].append(character) }
            }
        }
        return names.map { name in
            let words = name.split(whereSeparator: \.isWhitespace).filter { $0 != "let" && $0 != "indirect" }
            return words.joined(separator: " ").trimmingPrefix(".").split(separator: "(").first.map(String.init) ?? ""
        }
    }
}

/// The inside of braces, from after the opening one.
private struct SwiftBlock {
    private let text: Substring

    init(_ text: Substring) { self.text = text }

    /// The labels of this block itself, `case` and `default`, not of blocks in it, up to one of `ends`.
    func labels(until ends: Set<Character>) -> [(word: String, text: String)] {
        var labels: [(word: String, text: String)] = []
        var depth = (braces: 1, others: 0)
        var word = ""
        var open: (word: String, text: String)?
        for character in self.text {
            switch character {
            case "{": depth.braces += 1
            case "}": depth.braces -= 1
            case "(", "[": depth.others += 1
            case ")", "]": depth.others -= 1
            default: break
            }
            if depth.braces == 0 { break }
            if let label = open {
                let isWhole = depth.others == 0 && depth.braces == 1 && label.text.last != ","
                let isEnd = isWhole && ends.contains(character)
                if isEnd { labels.append(label) }
                open = isEnd ? nil : (label.word, label.text + String(character))
                continue
            }
            if character.isLetter {
                word.append(character)
                continue
            }
            if depth.braces == 1, depth.others == 0, word == "case" || word == "default" {
                open = (word, "")
                if ends.contains(character) {
                    labels.append((word, ""))
                    open = nil
                }
            }
            word = ""
        }
        return labels
    }
}
