/// How long things may be.
package enum LengthRules {
    package static let fileLimit = 400
    package static let scriptLimit = 60
    package static let functionLimit = 60
    package static let columnLimit = 120
    /// Half of the source files are at most this long, and nine of ten at most the second figure.
    package static let spread = (median: 90, ninth: 250)

    package static func files(_ file: TidyFile) -> [Violation] {
        let isScript = file.isShell || (file.isLua && file.isSource)
        guard isScript || file.isSwift || file.isLua else { return [] }
        let limit = isScript ? Self.scriptLimit : Self.fileLimit
        guard file.lines.count > limit else { return [] }
        return [Violation(file, line: limit + 1, "\(file.lines.count) lines, \(limit) are allowed")]
    }

    package static func columns(_ file: TidyFile) -> [Violation] {
        guard file.isSwift || file.isLua || file.isShell else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard line.count > Self.columnLimit else { return nil }
            return Violation(file, line: index + 1, "\(line.count) columns, \(Self.columnLimit) are allowed")
        }
    }

    package static func functions(_ file: TidyFile) -> [Violation] {
        guard file.isSwift else { return [] }
        return Self.bodies(in: file.swift).compactMap { body in
            let length = body.last - body.first + 1
            guard length > Self.functionLimit else { return nil }
            return Violation(file, line: body.first, "a function of \(length) lines, \(Self.functionLimit) are allowed")
        }
    }

    /// The spread of the lengths of all source files; says nothing of fewer than ten.
    package static func distribution(_ lengths: [Int]) -> [String] {
        guard lengths.count >= 10 else { return [] }
        let sorted = lengths.sorted()
        let median = sorted[(sorted.count - 1) / 2]
        let ninth = sorted[(sorted.count * 9 - 1) / 10]
        var complaints: [String] = []
        if median > Self.spread.median { complaints.append("the median file has \(median) lines") }
        if ninth > Self.spread.ninth { complaints.append("one file of ten has more than \(ninth) lines") }
        return complaints
    }

    /// First and last line of every function, initialiser and deinitialiser that has a body.
    private static func bodies(in source: SwiftText) -> [(first: Int, last: Int)] {
        source.lines.indices.compactMap { index in
            let line = source.lines[index]
            let opening = #/\b(?:func\b|init[?!]?[(<]|deinit\b|subscript[(<])/#
            guard let start = line.firstMatch(of: opening) else { return nil }
            // `self.init(…)` and `.init(…)` are calls.
            guard line[..<start.range.lowerBound].last != "." else { return nil }
            let column = line.distance(from: line.startIndex, to: start.range.lowerBound)
            return Self.end(of: source.lines, from: index, column: column).map { (index + 1, $0 + 1) }
        }
    }

    /// The line on which the body that starts behind this place ends, or nil when there is none.
    private static func end(of lines: [String], from first: Int, column: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in first..<lines.count {
            if index > first, parentheses == 0, braces == 0, Self.beginsDeclaration(lines[index]) { return nil }
            for character in index == first ? lines[index].dropFirst(column) : lines[index][...] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{": braces += 1
                case "}":
                    braces -= 1
                    if braces <= 0 && parentheses <= 0 { return braces < 0 ? nil : index }
                default: break
                }
            }
        }
        return nil
    }

    private static func beginsDeclaration(_ line: String) -> Bool {
        line.contains(#/^\s*((package|private|fileprivate|static|mutating)\s+)*(func|var|let|init|case|subscript)\b/#)
    }
}
