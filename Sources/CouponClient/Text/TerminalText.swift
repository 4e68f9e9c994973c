/// Text of others, made fit for a terminal.
package enum TerminalText {
    /// The same without control characters and what turns the direction of writing.
    package static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isPrintable($0) ? $0 : "\u{FFFD}" }))
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// Columns as wide as their widest word, the last one as it comes.
    package static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, word in
                guard column < row.count - 1, column < widths.count else { return word }
                return word + String(repeating: " ", count: widths[column] - word.count)
            }
            .joined(separator: "  ")
        }
        .joined(separator: "\n")
    }
}
