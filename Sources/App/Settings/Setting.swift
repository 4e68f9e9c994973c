/// One thing that an operator can set, with all that may be said of it.
///
/// Its one name is spelled `uniques.windowSeconds` in files and documents, `TALLY_UNIQUES_WINDOW_SECONDS` in the
/// environment and `--uniques-window-seconds` on the command line.
package struct Setting: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case text
        /// Several texts, separated by commas.
        case list
        case integer(ClosedRange<Int>)
        /// A number that may have decimals; durations are in seconds.
        case decimal(ClosedRange<Double>)
        case choice(Choices)
        /// The path of a file whose first line is the value.
        case secretFile
        /// The path of a file that the process reads.
        case file
    }

    package let name: String
    package let kind: Kind
    package let defaultText: String
    /// The purpose, in one sentence, and the meaning of each of its words where they do not say enough.
    package let summary: String

    init(_ name: String, _ kind: Kind, default defaultText: String, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        guard case .choice(let choices) = kind, !choices.meanings.isEmpty else {
            self.summary = summary
            return
        }
        self.summary = "\(summary). \(choices.explanation)"
    }

    /// Whether the value may hold a password, so that it is never printed whole.
    package var mayHoldSecret: Bool { [Settings.redisURL.name, Settings.faucetRPC.name].contains(self.name) }

    package var components: [String] { self.name.split(separator: ".").map(String.init) }

    package var environmentName: String { "TALLY_" + self.words(separator: "_").uppercased() }

    package var optionName: String { "--" + self.words(separator: "-") }

    /// The type and the range, for people.
    package var kindText: String {
        switch self.kind {
        case .text: "text"
        case .list: "list, separated by commas"
        case .integer(let range): "whole number \(range.lowerBound)…\(range.upperBound)"
        case .decimal(let range): "number \(Self.short(range.lowerBound))…\(Self.short(range.upperBound))"
        case .choice(let choices): choices.words.joined(separator: " or ")
        case .secretFile, .file: "path of a file"
        }
    }

    private func words(separator: String) -> String {
        var text = ""
        for character in self.name {
            if character == "." {
                text += separator
            } else if character.isUppercase {
                text += separator + character.lowercased()
            } else {
                text.append(character)
            }
        }
        return text
    }

    private static func short(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
