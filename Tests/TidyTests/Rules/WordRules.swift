/// The words that may not be written, and where.
package enum WordRules {
    private struct Word {
        let pattern: Regex<Substring>
        let message: String
        /// Where the word may stand all the same.
        var allowed: [String] = []
        /// Whether only `Sources` is looked at.
        var isForSources = false
    }

    /// The only places that wrap C, the kernel or the concurrency runtime, and so may say `unsafe`.
    package static let unsafeHomes = [
        "Sources/App/Serving/ProcessLimits.swift", "Sources/Web/Native/", "Sources/Ethereum/Native/",
        "Sources/Nettle/", "Sources/Outbound/", "Sources/RESP/", "Sources/Secrets/",
        "Sources/Telemetry/SystemCalls.swift", "Sources/Web/Connection/LoopTaskExecutor.swift",
        "Sources/Web/Connection/NewcomerFilter.swift",
    ]

    private static var words: [Word] {
        [
            Word(
                pattern: #/\bTask\s*\{|\bTask\s*(?:<[^>]*>)?\(|\bTask\.(?:detached|immediate)/#,
                message: "an unstructured task: own it in a task group, or start it in App",
                allowed: ["Sources/App/"]
            ),
            Word(pattern: #/\btry!/#, message: "try! traps"),
            Word(pattern: #/\bpublic\s/#, message: "the access levels are package and private"),
            Word(pattern: #/\bopen\s+(?:class|func|var)\b/#, message: "the access levels are package and private"),
            Word(pattern: #/@testable\b/#, message: "test what is package"),
            Word(
                pattern: #/@(?:inlinable|usableFromInline|_exported|_spi)\b/#,
                message: "an attribute that this project does not need"
            ),
            Word(
                pattern: #/\bunsafe\b/#,
                message: "unsafe code stands only where C is wrapped",
                allowed: Self.unsafeHomes,
                isForSources: true
            ),
            Word(
                pattern: #/^\s*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+Foundation\s*$/#,
                message: "FoundationEssentials is enough, and smaller",
                isForSources: true
            ),
        ]
    }

    package static func words(_ file: TidyFile) -> [Violation] {
        guard file.isSwift else { return [] }
        let lines = file.swift.lines
        return Self.words.flatMap { word -> [Violation] in
            if word.isForSources && !file.isSource { return [] }
            if word.allowed.contains(where: file.path.hasPrefix) { return [] }
            return lines.enumerated().filter { $0.element.contains(word.pattern) }.map {
                Violation(file, line: $0.offset + 1, word.message)
            }
        }
    }

    /// A trap on purpose says why: in a comment on its line or the one above.
    package static func traps(_ file: TidyFile) -> [Violation] {
        guard file.isSwift, file.isSource else { return [] }
        return file.swift.lines.enumerated().compactMap { index, line in
            guard line.contains(#/\bfatalError\(/#) else { return nil }
            let around = file.lines[max(0, index - 1)...index]
            return around.contains { $0.contains("//") } ? nil : Violation(file, line: index + 1, "why does this trap?")
        }
    }

    /// A command that is printed can be pasted: what is put into it is a word of the shell.
    package static func commands(_ file: TidyFile) -> [Violation] {
        guard file.isSwift, file.isSource else { return [] }
        let bare = #/(?:--[a-z][a-z-]*|\b(?:curl|redis-cli|cat|kill|cd))[ =]\\\((?!ShellWord\()/#
        return file.swift.literals.filter { $0.text.contains(bare) }.map {
            Violation(file, line: $0.line, "a value in a command that is no ShellWord")
        }
    }

    /// An open end has an issue: `TODO(#12)`.
    package static func markers(_ file: TidyFile) -> [Violation] {
        guard file.isSwift || file.isLua || file.isShell else { return [] }
        let marker = #/\b(?:TOD[O]|FIXM[E]|XX[X])\b/#
        return file.lines.enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: marker) else { return nil }
            let isNumbered = line[match.range.upperBound...].contains(#/^\(?#\d+/#)
            return isNumbered ? nil : Violation(file, line: index + 1, "an open end without an issue's number")
        }
    }

    /// Names say what a thing does; these say nothing.
    package static func names(_ file: TidyFile) -> [Violation] {
        guard file.isSwift, file.isSource else { return [] }
        let empty = #/\b(?:struct|class|enum|actor|protocol)\s+(\w*(?:Manager|Helper|Helpers|Utils|Util|Impl|Base))\b/#
        let folders: Set<Substring> = ["Utils", "Common", "New", "Models", "Helpers"]
        var violations = file.swift.lines.enumerated().compactMap { index, line in
            line.firstMatch(of: empty).map { Violation(file, line: index + 1, "\($0.1) is named after nothing") }
        }
        for folder in file.path.split(separator: "/").dropLast() where folders.contains(folder) {
            violations.append(Violation(file, "a folder called \(folder)"))
        }
        return violations
    }
}
