/// Swift source taken apart just enough for the rules: code without comments and literals, and the literals.
package struct SwiftText: Sendable {
    package struct Literal: Hashable, Sendable {
        package let line: Int
        /// As written between the quotes, with interpolations.
        package let text: String
    }

    /// The source with comments, literals and raw identifiers blanked; lines stay where they were.
    package let code: String
    /// The same, line by line.
    package let lines: [String]
    package let literals: [Literal]

    package init(_ source: String) {
        var scanner = SwiftScanner(source)
        scanner.run()
        self.code = String(decoding: scanner.code, as: UTF8.self)
        self.lines = self.code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.literals = scanner.literals
    }
}

/// Walks over bytes, since everything that it looks for is ASCII.
private struct SwiftScanner {
    private(set) var code: [UInt8] = []
    private(set) var literals: [SwiftText.Literal] = []
    private let source: [UInt8]
    private var position = 0
    private var line = 1

    init(_ source: String) {
        self.source = Array(source.utf8)
        self.code.reserveCapacity(self.source.count)
    }

    mutating func run() {
        while self.position < self.source.count {
            if self.sees("//") {
                self.blank(while: { !$0.sees("\n") })
            } else if self.sees("/*") {
                self.blockComment()
            } else if self.sees("`") {
                self.blank(1)
                self.blank(while: { !$0.sees("`") && !$0.sees("\n") })
                self.blank(1)
            } else if self.sees("#/") {
                self.blank(2)
                self.blank(while: { !$0.sees("/#") })
                self.blank(2)
            } else if let hashes = self.hashesBeforeQuote() {
                self.literal(hashes: hashes)
            } else {
                self.keep()
            }
        }
    }

    private func sees(_ text: String, at offset: Int = 0) -> Bool {
        let start = self.position + offset
        return self.source[min(start, self.source.count)...].starts(with: text.utf8)
    }

    private mutating func keep() {
        if self.source[self.position] == UInt8(ascii: "\n") { self.line += 1 }
        self.code.append(self.source[self.position])
        self.position += 1
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where self.position < self.source.count {
            if self.source[self.position] == UInt8(ascii: "\n") {
                self.keep()
            } else {
                self.code.append(UInt8(ascii: " "))
                self.position += 1
            }
        }
    }

    private mutating func blank(while condition: (Self) -> Bool) {
        while self.position < self.source.count, condition(self) { self.blank(1) }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if self.sees("/*") {
                depth += 1
                self.blank(2)
            } else if self.sees("*/") {
                depth -= 1
                self.blank(2)
            } else {
                self.blank(1)
            }
        } while depth > 0 && self.position < self.source.count
    }

    /// The number of `#` before a quote that begins here, or nil when none does.
    private func hashesBeforeQuote() -> Int? {
        var count = 0
        while self.sees("#", at: count) { count += 1 }
        return self.sees("\"", at: count) ? count : nil
    }

    private mutating func literal(hashes: Int) {
        let pounds = String(repeating: "#", count: hashes)
        let quote = self.sees("\"\"\"", at: hashes) ? "\"\"\"" : "\""
        let escape = "\\" + pounds
        let startLine = self.line
        self.blank(hashes + quote.utf8.count)
        let start = self.position
        while self.position < self.source.count, !self.sees(quote + pounds) {
            if self.sees(escape + "(") {
                self.blank(escape.utf8.count + 1)
                self.interpolation()
            } else {
                self.blank(self.sees(escape) ? escape.utf8.count + 1 : 1)
            }
        }
        let end = min(self.position, self.source.count)
        self.literals.append(.init(line: startLine, text: String(decoding: self.source[start..<end], as: UTF8.self)))
        self.blank(quote.utf8.count + hashes)
    }

    /// Blanks to the closing parenthesis of an interpolation; literals inside are literals of their own.
    private mutating func interpolation() {
        var depth = 1
        while depth > 0, self.position < self.source.count {
            if let hashes = self.hashesBeforeQuote() {
                self.literal(hashes: hashes)
                continue
            }
            if self.sees("(") { depth += 1 }
            if self.sees(")") { depth -= 1 }
            self.blank(1)
        }
    }
}
