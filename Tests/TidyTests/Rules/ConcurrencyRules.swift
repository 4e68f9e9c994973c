/// The code about tasks that the compiler is known to get wrong, and that may not be written.
package enum ConcurrencyRules {
    private static let message =
        "an aggregate with an 'await' inside a group's task: at -O its other parts may be lost. "
        + "Await into a 'let' first"

    /// No task of a group makes a tuple, or a value by its initializer, of a part that is known and an awaited one.
    ///
    /// Optimized, such a task may return without what was known before its `await` (swiftlang/swift#91911, #92155).
    package static func awaitedParts(_ file: TidyFile) -> [Violation] {
        guard file.isSwift, file.text.contains("addTask") else { return [] }
        let code = Array(file.swift.code.utf8)
        var violations: [Violation] = []
        for match in file.swift.code.matches(of: #/addTask(?:UnlessCancelled)?\b[^{\n]*\{/#) {
            let start = file.swift.code.utf8.distance(
                from: file.swift.code.utf8.startIndex,
                to: match.range.upperBound
            )
            let end = Self.end(of: code, from: start)
            for position in start..<end where code[position] == UInt8(ascii: "(") {
                guard Self.isAggregate(code, at: position), Self.mixes(code, from: position + 1) else { continue }
                let line = code[..<position].count { $0 == UInt8(ascii: "\n") } + 1
                violations.append(Violation(file, line: line, Self.message))
            }
        }
        return violations
    }

    /// Where the bracket closes that was opened just before `start`.
    private static func end(of code: [UInt8], from start: Int) -> Int {
        var depth = 1
        for position in start..<code.count {
            if Self.opening.contains(code[position]) { depth += 1 }
            if Self.closing.contains(code[position]) { depth -= 1 }
            if depth == 0 { return position }
        }
        return code.count
    }

    /// Whether a parenthesis begins a tuple or the arguments of an initializer or a case, and not those of a function.
    private static func isAggregate(_ code: [UInt8], at position: Int) -> Bool {
        let before = code[..<position].reversed().prefix { $0 > UInt8(ascii: " ") && !Self.opening.contains($0) }
        let callee = String(decoding: before.reversed(), as: UTF8.self)
        return callee.isEmpty || callee.contains(#/(?:^|\.)[A-Z]\w*$|^\.\w+$|\.init$/#)
    }

    /// Whether there are several parts, of which one has an `await` in it.
    private static func mixes(_ code: [UInt8], from start: Int) -> Bool {
        let end = Self.end(of: code, from: start)
        var depth = 0
        let hasComma = code[start..<end].contains { byte in
            if Self.opening.contains(byte) { depth += 1 }
            if Self.closing.contains(byte) { depth -= 1 }
            return depth == 0 && byte == UInt8(ascii: ",")
        }
        return hasComma && String(decoding: code[start..<end], as: UTF8.self).contains(#/\bawait\b/#)
    }

    private static let opening = Set("([{".utf8)
    private static let closing = Set(")]}".utf8)
}
