import Nettle
import RESP

/// One entry of the log of operators' actions.
package struct AdminEntry: Hashable, Sendable {
    /// Counted from 1, without a gap.
    package let number: Int64
    /// All fields but the hash, in their order.
    package let fields: [Field]
    package let hash: String

    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(number: Int64, fields: [Field], hash: String) {
        self.number = number
        self.fields = fields
        self.hash = hash
    }

    /// `nil` for what no script of ours has written.
    init?(_ entry: RESPValue) {
        guard let parts = entry.array, parts.count == 2, let words = parts[0].string?.split(separator: "-"),
            let number = words.first.flatMap({ Int64($0) }), let texts = parts[1].array?.map({ $0.string ?? "" }),
            texts.count >= 2, texts.count.isMultiple(of: 2), texts[texts.count - 2] == "hash"
        else { return nil }
        let fields = stride(from: 0, to: texts.count - 2, by: 2).map { Field(texts[$0], texts[$0 + 1]) }
        self.init(number: number, fields: fields, hash: texts[texts.count - 1])
    }

    /// The empty text when there is no such field.
    package subscript(_ name: String) -> String { self.fields.first { $0.name == name }?.value ?? "" }

    /// When it was written, by Redis's clock.
    package var time: ServerTime { ServerTime(milliseconds: Int64(self["at"]) ?? 0) }

    /// The hash of an entry that stands behind an entry with the hash `previous`; the first one stands behind `start`.
    package func hash(behind previous: String) -> String {
        var text = previous
        for field in self.fields {
            for word in [field.name, field.value] { text += " \(word.utf8.count):\(word)" }
        }
        return Nettle.hexadecimal(Nettle.sha1(Array(text.utf8)))
    }
}
