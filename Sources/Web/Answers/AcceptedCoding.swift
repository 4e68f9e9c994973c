package import HTTPTypes

/// The compression that a request accepts for its answer (RFC 9110, section 12.5.3).
package enum AcceptedCoding {
    /// Whether gzip may be used, and is not liked less than no packing at all.
    package static func takesGzip(_ fields: HTTPFields) -> Bool {
        var weights: [String: Double] = [:]
        for element in fields[values: .acceptEncoding].flatMap({ $0.split(separator: ",") }) {
            let parts = element.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, !name.isEmpty else { continue }
            weights[name] = self.weight(parts.dropFirst())
        }
        let gzip = weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? 0
    }

    /// 1 without a weight, and 0 with one that cannot be read: an unclear wish is not carried out.
    private static func weight(_ parameters: ArraySlice<String>) -> Double {
        guard let text = parameters.first(where: { $0.hasPrefix("q=") })?.dropFirst(2) else { return 1 }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let weight = Double(text),
            weight <= 1
        else { return 0 }
        return weight
    }
}
