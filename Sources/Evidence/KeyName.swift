/// The grammar of the keys of features: `tally:{<tag>}:<name>`, and mostly `:<rest>` behind it.
///
/// A feature's `…Keys` builds each of its keys in one place. It reads a key by taking it apart here, and by building
/// what it could be: the key is that if both are the same. So what is read can never differ from what is built.
package struct KeyName: Hashable, Sendable {
    private static let beginning = "tally:{"

    package let text: String
    package let tag: String
    package let name: String
    /// Empty when there is none.
    package let rest: String

    /// `nil` for a text that is no such key.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.beginning), let close = text.firstIndex(of: "}") else { return nil }
        let words = text[text.index(after: close)...].split(
            separator: ":",
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard words.count > 1, words[0].isEmpty else { return nil }
        self.text = text
        self.tag = String(text[..<close].dropFirst(Self.beginning.count))
        self.name = String(words[1])
        self.rest = words.count > 2 ? String(words[2]) : ""
    }

    /// Whether it is one of these keys, as they are built.
    package func isOne(of keys: String...) -> Bool { keys.contains(self.text) }

    /// The same key under another tag.
    package func tagged(_ tag: String) -> KeyName? {
        KeyName(self.text.replacing("{\(self.tag)}", with: "{\(tag)}", maxReplacements: 1))
    }

    /// The pattern for `SCAN` that finds all keys of these names, under tags that match.
    ///
    /// One pattern, because each more would walk all of Redis once more: it goes by the first three letters, and so
    /// finds some other keys, too.
    package static func pattern(tags: String, of keys: String...) -> String {
        let names = keys.compactMap { KeyName($0)?.name }
        let letters = (0..<3).map { place in
            let all = names.map { String($0.dropFirst(place).prefix(1)) }
            return "[\(Set(all).sorted().joined())]"
        }
        return "\(Self.beginning)\(tags)}:\(letters.joined())*"
    }
}
