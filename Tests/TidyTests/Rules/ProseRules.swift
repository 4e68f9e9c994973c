/// The sentences of comments, of documents and of texts for users: each begins with its subject.
package enum ProseRules {
    /// The places that are history: nobody rewords them.
    package static let history = ["docs/decisions/"]
    /// The words that stand where a noun should.
    private static let hiding: Set<String> = ["What", "Who", "Whom", "Which", "Whoever", "Whose", "Those", "That"]
    /// The mark of a comment, by the ending of a file's name.
    private static let marks: [String: String] = [
        "swift": "//", "h": "//", "proto": "//", "lua": "--", "py": "#", "yaml": "#", "yml": "#", "conf": "#",
        "template": "#", "service": "#",
    ]

    /// No sentence opens with one of the words that hide its subject.
    package static func openings(_ file: TidyFile) -> [Violation] {
        guard !Self.history.contains(where: { file.path.hasPrefix($0) }) else { return [] }
        return (Self.prose(of: file) + Self.literals(of: file)).compactMap { line, text in
            Self.opening(of: text).map {
                Violation(file, line: line, "a sentence opens with '\($0)': begin with its subject")
            }
        }
    }

    /// The lines of a document, or those comments of other files that stand on lines of their own or behind code.
    private static func prose(of file: TidyFile) -> [(line: Int, text: String)] {
        if file.name.hasSuffix(".md") { return Self.paragraphs(of: file) }
        let ending = file.name.split(separator: ".").last.map(String.init) ?? ""
        guard let mark = Self.marks[ending] ?? (file.isShell ? "#" : nil) else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            Self.comment(in: line, mark, hasDocstrings: ending == "py").map { (line: index + 1, text: $0) }
        }
    }

    private static func comment(in line: String, _ mark: String, hasDocstrings: Bool) -> String? {
        let text = line.drop { $0 == " " || $0 == "\t" }
        if text.hasPrefix(mark) { return String(text.drop { $0 == mark.first }) }
        if hasDocstrings, text.hasPrefix("\"\"\"") { return String(text.dropFirst(3)) }
        guard mark == "//", let start = line.firstRange(of: " // ") else { return nil }
        return String(line[start.upperBound...])
    }

    /// The lines outside of code; each cell of a table is a text of its own.
    private static func paragraphs(of file: TidyFile) -> [(line: Int, text: String)] {
        var texts: [(line: Int, text: String)] = []
        var isCode = false
        for (index, line) in file.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            guard !isCode else { continue }
            texts += line.split(separator: "|").map { (line: index + 1, text: String($0)) }
        }
        return texts
    }

    /// The literals of the program, among them help, problems and settings.
    private static func literals(of file: TidyFile) -> [(line: Int, text: String)] {
        guard file.isSwift, file.isSource else { return [] }
        return file.swift.literals.map { (line: $0.line, text: $0.text) }
    }

    /// The first word of the text that opens a sentence and may not.
    private static func opening(of text: String) -> String? {
        var isAtStart = true
        for word in text.split(whereSeparator: \.isWhitespace) {
            // Stress and brackets belong to the sentence; a quotation mark begins somebody else's words.
            let first = String(word.drop { "*_([".contains($0) }.prefix { $0.isLetter })
            if isAtStart, Self.hiding.contains(first) { return first }
            // The mark of a list or a heading has no letter, and leaves the start where it is.
            guard word.contains(where: \.isLetter) else { continue }
            isAtStart = word.last { !")]*_\"`".contains($0) }.map { ".!?".contains($0) } ?? false
        }
        return nil
    }
}
