package import HTTPTypes

/// The preferences of a request (RFC 7240): optional wishes, of which unknown ones are ignored.
package struct Preferences: Hashable, Sendable {
    private var values: [String: String] = [:]

    /// Reads every `Prefer` field; a wish that cannot be read is left out, because a preference never fails a request.
    package init(_ fields: HTTPFields) {
        for preference in fields[values: .prefer].flatMap({ $0.split(separator: ",") }) {
            let words = preference.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
                .split(separator: "=", maxSplits: 1)
            guard let name = words.first.map(Self.trimmed)?.lowercased(), self.values[name] == nil else { continue }
            let value = words.count > 1 ? Self.trimmed(words[1]) : ""
            self.values[name] =
                value.hasPrefix("\"") && value.hasSuffix("\"") && value.utf8.count >= 2
                ? String(value.dropFirst().dropLast()) : value
        }
    }

    package subscript(_ name: String) -> String? { self.values[name] }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
