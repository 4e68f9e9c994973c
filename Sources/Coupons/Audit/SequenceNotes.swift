import Coordination

/// An audit's notes of one log's coupons: a mark for each that was used, four bytes for each that has a user.
///
/// It is kept in chunks, so that a sequence out of all proportion costs no more than another.
struct SequenceNotes: Sendable {
    private static let chunk: Int64 = 1 << 14

    private var used: [Int64: [Bool]] = [:]
    private var owners: [Int64: [UInt32]] = [:]

    /// False when it was used before.
    mutating func use(_ sequence: Int64) -> Bool {
        let (number, index) = Self.place(sequence)
        let wasUsed = self.used[number]?[index] ?? false
        self.used[number, default: Array(repeating: false, count: Int(Self.chunk))][index] = true
        return !wasUsed
    }

    func isUsed(_ sequence: Int64) -> Bool {
        let (number, index) = Self.place(sequence)
        return self.used[number]?[index] ?? false
    }

    /// Notes whom a coupon was issued to.
    mutating func issue(_ sequence: Int64, to user: String) {
        guard !user.isEmpty else { return }
        let (number, index) = Self.place(sequence)
        self.owners[number, default: Array(repeating: 0, count: Int(Self.chunk))][index] = Self.digest(user)
    }

    /// Whether a user may use a coupon; one in 2^32 strangers is taken for the owner.
    func mayUse(_ sequence: Int64, _ user: String) -> Bool {
        let (number, index) = Self.place(sequence)
        guard let owner = self.owners[number]?[index], owner != 0 else { return true }
        return owner == Self.digest(user)
    }

    /// 0 is nobody.
    private static func digest(_ user: String) -> UInt32 { max(1, CRC32.checksum(of: user.utf8)) }

    private static func place(_ sequence: Int64) -> (chunk: Int64, index: Int) {
        let (chunk, index) = sequence.quotientAndRemainder(dividingBy: Self.chunk)
        return (chunk, Int(index.magnitude))
    }
}
