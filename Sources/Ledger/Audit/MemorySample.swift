import Evidence
import RESP
import Redis

/// Picks some accounts at random, in one pass and with a seed, and asks Redis what they take.
struct MemorySample: Sendable {
    /// How many accounts of each sort are measured.
    private static let limit = 100
    /// Entries from which on an account tells what an entry takes.
    private static let longFrom = 50
    /// Lists beyond this are left out: measuring all of it would hold Redis up.
    private static let longest = 500_000

    private struct Reservoir {
        var picked: [Account] = []
        var seen: UInt64 = 0
    }

    private var long = Reservoir()
    private var new = Reservoir()
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// Every account that is offered has the same chance.
    mutating func offer(_ account: Account, length: Int) {
        if length == 1 {
            self.pick(account, \.new)
        } else if (Self.longFrom...Self.longest).contains(length) {
            self.pick(account, \.long)
        }
    }

    private mutating func pick(_ account: Account, _ path: WritableKeyPath<MemorySample, Reservoir>) {
        self[keyPath: path].seen += 1
        if self[keyPath: path].picked.count < Self.limit {
            self[keyPath: path].picked.append(account)
        } else {
            let place = self.next() % self[keyPath: path].seen
            if place < UInt64(Self.limit) { self[keyPath: path].picked[Int(place)] = account }
        }
    }

    /// SplitMix64: the same picks for the same seed.
    private mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Measures what was picked; a Redis that does not allow it leaves the figures out.
    func measure(_ reader: StoreReader) async throws(AuditError) -> LedgerAudit.Memory {
        var memory = LedgerAudit.Memory()
        var (bytes, entries) = (0.0, 0.0)
        for account in self.long.picked {
            guard let sizes = try await self.sizes(of: account, reader) else { continue }
            bytes += Double(sizes.entries)
            entries += Double(sizes.length)
            memory.longAccounts += 1
        }
        if entries > 0 { memory.bytesPerEntry = bytes / entries }
        bytes = 0
        for account in self.new.picked {
            guard let sizes = try await self.sizes(of: account, reader), sizes.length == 1 else { continue }
            bytes += Double(sizes.account) + Double(sizes.entries)
            memory.newAccounts += 1
        }
        if memory.newAccounts > 0 { memory.bytesPerNewAccount = bytes / Double(memory.newAccounts) }
        return memory
    }

    /// `nil` when an entry came in between, so that size and length would not belong together.
    private func sizes(
        of account: Account,
        _ reader: StoreReader
    ) async throws(AuditError) -> (account: Int64, entries: Int64, length: Int64)? {
        let entries = LedgerKeys.entries(account)
        let length = RedisCommand("LLEN", .key(entries))
        let replies = try await reader.send([
            length, RedisCommand("MEMORY", "USAGE", .key(entries), "SAMPLES", 0),
            RedisCommand("MEMORY", "USAGE", .key(LedgerKeys.account(account)), "SAMPLES", 0), length,
        ])
        let values = replies.compactMap { $0?.integerValue }
        guard values.count == 4, values[0] == values[3] else { return nil }
        return (values[2], values[1], values[0])
    }
}
