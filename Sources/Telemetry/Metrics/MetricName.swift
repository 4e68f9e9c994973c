/// Makes names that Prometheus accepts, and that `promtool check metrics` has nothing to say about, out of any label.
package enum MetricName {
    /// The name under which a metric of this kind appears.
    ///
    /// Characters outside `[a-zA-Z0-9_]` become `_`, camel case becomes snake case. A counter ends with `_total` and
    /// nothing else does.
    package static func name(for label: String, kind: MetricKind) -> String {
        var name = Self.snakeCase(label)
        switch kind {
        case .counter:
            if !name.hasSuffix("_total") { name += "_total" }
        case .gauge, .histogram:
            while name.hasSuffix("_total") { name.removeLast("_total".count) }
            if name.isEmpty { name = "unnamed" }
        }
        return name
    }

    /// The name of a timer, which is a histogram of seconds and says so.
    package static func name(forTimer label: String) -> String {
        let name = Self.name(for: label, kind: .histogram)
        return name.hasSuffix("_seconds") ? name : name + "_seconds"
    }

    /// The name of a label; `le` and names that begin with `__` belong to Prometheus itself.
    package static func labelName(for name: String) -> String {
        var name = Self.snakeCase(name)
        while name.hasPrefix("__") { name.removeFirst() }
        return name == "le" ? "le_" : name
    }

    private static func snakeCase(_ text: String) -> String {
        guard !Self.isSnakeCase(text) else { return text }
        var result = ""
        var isAfterLower = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9":
                if result.isEmpty && ("0"..."9").contains(scalar) { result.append("_") }
                result.unicodeScalars.append(scalar)
                isAfterLower = true
            case "A"..."Z":
                if isAfterLower { result.append("_") }
                result.append(contentsOf: String(scalar).lowercased())
                isAfterLower = false
            default:
                result.append("_")
                isAfterLower = false
            }
        }
        return result.isEmpty ? "unnamed" : result
    }

    /// Whether nothing needs to change, which is so for every name of our own.
    private static func isSnakeCase(_ text: String) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = text.utf8.first, !digits.contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
