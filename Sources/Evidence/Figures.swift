import FoundationEssentials

/// Named figures of a report: a JSON object whose names stand here as programs read them.
package struct Figures: Encodable, Sendable, ExpressibleByDictionaryLiteral {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }

    private var members: [String: any Encodable & Sendable] = [:]

    /// A figure that is `nil` is left out.
    package init(dictionaryLiteral elements: (String, (any Encodable & Sendable)?)...) {
        for (name, figure) in elements { self.members[name] = figure }
    }

    /// Both together; of two figures with one name the other's stays.
    package func adding(_ other: Figures) -> Figures {
        var sum = self
        sum.members.merge(other.members) { $1 }
        return sum
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, figure) in self.members { try container.encode(figure, forKey: Name(stringValue: name)) }
    }

    /// One line, names in order of the alphabet.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
