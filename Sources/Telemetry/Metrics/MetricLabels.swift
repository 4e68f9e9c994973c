/// The labels of one series as they are written: `command="get",node="1"`, ordered by name.
///
/// The text is the identity of a series, so that the same labels in another order are the same series.
package struct MetricLabels: Hashable, Sendable {
    /// Characters of a label value; a longer one is cut and ends with `…`.
    package static let valueLimit = 128

    package let text: String

    package init(_ dimensions: [(String, String)]) {
        guard !dimensions.isEmpty else {
            self.text = ""
            return
        }
        var values: [String: String] = [:]
        for (name, value) in dimensions { values[MetricName.labelName(for: name)] = value }
        self.text = values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            .joined(separator: ",")
    }

    /// Escapes the three characters that the text format knows escapes for, and cuts.
    package static func escaped(_ value: String) -> String {
        var result = ""
        for (index, scalar) in value.unicodeScalars.enumerated() {
            if index == Self.valueLimit - 1, value.unicodeScalars.count > Self.valueLimit { return result + "…" }
            switch scalar {
            case "\\": result += #"\\"#
            case "\"": result += #"\""#
            case "\n": result += #"\n"#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
