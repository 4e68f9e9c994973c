/// The checks that the settings of loads share.
package enum LoadSetting {
    /// Refuses a value outside its range.
    package static func check<Value: Comparable>(
        _ name: String,
        _ value: Value,
        _ range: ClosedRange<Value>
    ) throws(LoadError) {
        guard !range.contains(value) else { return }
        throw .badArgument("\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }

    /// Eight characters that no other run has.
    package static func randomID() -> String {
        let text = String(UInt64.random(in: 0..<2_821_109_907_456), radix: 36)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}
