/// SplitMix64: the same numbers for the same seed, on every machine, in order or each one by its place.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let start: UInt64
    private var place: UInt64 = 0

    /// Streams of one seed have nothing to do with each other.
    package init(seed: Int, stream: UInt64) {
        self.start = Self.mixed(UInt64(bitPattern: Int64(seed)) &* Self.step &+ stream)
    }

    package mutating func next() -> UInt64 {
        defer { self.place &+= 1 }

        return self[self.place]
    }

    /// The number at a place, wherever `next` is.
    package subscript(place: UInt64) -> UInt64 { Self.mixed(self.start &+ (place &+ 1) &* Self.step) }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
