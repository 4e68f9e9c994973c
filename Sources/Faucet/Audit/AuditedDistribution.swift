import Coordination
import Ethereum
import RESP

/// A distribution's record and its places in its lane, all at one instant.
struct AuditedDistribution: Hashable, Sendable {
    let id: String
    /// As Redis names it; `none` for a key that is not there.
    let type: String
    /// `nil` when what is there is no distribution.
    let distribution: Distribution?
    /// All of its transactions that move nothing.
    let noops: Set<Hash32>
    /// Transactions of nonces that it had before in vain.
    let lostHashes: [Hash32]
    let gasUsed: UInt64?
    let gasPrice: Wei?
    /// The newest signed bytes, `0x…`.
    let raw: String
    /// Whether every hash of its lists could be read.
    let isReadable: Bool
    /// The record's names and values, for people.
    let text: String
    let expires: Bool
    /// The nonces under which its lane has it.
    let open: UInt64?
    let bound: UInt64?

    private static let more = ["hashes", "noops", "lost_hashes", "gas_used", "gas_price", "raw"]

    /// The fields that the script is asked for.
    static let fields = Distribution.fields + Self.more

    /// Reads one part of the answer of `faucet_audit_records.lua`; `nil` for anything else.
    init?(_ id: String, _ reply: RESPValue) {
        guard let parts = reply.array, parts.count == 5, let type = parts[0].string, let values = parts[1].array,
            let left = parts[2].integerValue
        else { return nil }
        self.id = id
        self.type = type
        self.distribution = Distribution(id, Array(values.prefix(Distribution.fields.count)))
        let words = values.dropFirst(Distribution.fields.count).map { $0.string ?? "" }
        let texts = words.count == Self.more.count ? words : Self.more.map { _ in "" }
        let lists = texts.prefix(3).map { $0.split(separator: " ") }
        let hashes = lists.map { list in list.compactMap { Hash32(hex: $0) } }
        self.isReadable = zip(lists, hashes).allSatisfy { $0.count == $1.count }
        self.noops = Set(hashes[1])
        self.lostHashes = hashes[2]
        self.gasUsed = UInt64(texts[3])
        self.gasPrice = Wei(decimal: texts[4])
        self.raw = texts[5]
        self.text = zip(Self.fields, values).map { "\($0)=\($1.string ?? "")" }.joined(separator: " ")
        self.expires = left >= 0
        self.open = parts[3].string.map { UInt64($0) ?? .max }
        self.bound = parts[4].string.map { UInt64($0) ?? .max }
    }

    var key: String { FaucetKeys.distribution(self.id) }

    var isThere: Bool { self.type != "none" }

    var lane: LaneName? { self.distribution.map { LaneName(era: $0.era, sender: $0.sender) } }

    /// Every transaction that ever was signed for it.
    var allHashes: [Hash32] { (self.distribution?.hashes ?? []) + self.lostHashes }

    /// When it was asked for, as its name says; `nil` for one that a lane made up.
    static func created(_ id: String) -> ServerTime? {
        guard OperationID.isValid(id), !id.hasPrefix("ZZ") else { return nil }
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let time = id.utf8.prefix(10).reduce(Int64(0)) { $0 << 5 | Int64(digits.firstIndex(of: $1) ?? 0) }
        return ServerTime(milliseconds: time)
    }
}
