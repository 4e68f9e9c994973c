import Ethereum
import EthereumRPC
import Faucet
import NIOCore
import RESP
import Support
import Testing
import Timing

/// Whatever happens, in whatever order: nonces are sent in order, and everything gets on.
struct LaneMachineTests {
    @Test(arguments: Seed.cases(60), [true, false])
    func `no nonce is sent before the one below it, and at last all are mined`(seed: Seed, isStrict: Bool) throws {
        var world = World(seed, isStrict: isStrict)
        for _ in 0..<1500 { try world.step() }
        try world.finish()
    }

    @Test func `nothing is sent beyond the window`() throws {
        var world = World(Seed(1), isStrict: false, window: 7)
        world.admit(30)
        world.load()
        world.sign()
        #expect(world.machine.toSend(at: world.now, limit: 99).map(\.nonce) == Array(0..<7))
    }

    @Test func `a batch has no more than its limit`() throws {
        var world = World(Seed(1), isStrict: false, window: 50)
        world.admit(30)
        world.load()
        world.sign()
        #expect(world.machine.toSend(at: world.now, limit: 5).map(\.nonce) == Array(0..<5))
    }

    @Test func `what appears below is read, however full it is`() throws {
        var world = World(Seed(1), isStrict: false, window: 7)
        world.admit(30)
        for _ in 0..<5 { world.load() }
        #expect(world.machine.items.count == 14)
        #expect(world.machine.room == 0)
        world.machine.remove(0)
        world.load()
        #expect(world.machine.room == 0)
        world.machine.expect(0)
        world.load()
        #expect(world.machine.items.first?.nonce == 0)
    }

    @Test func `an item that is not signed holds up those behind it`() throws {
        var world = World(Seed(1), isStrict: false)
        world.admit(5)
        world.load()
        world.sign(except: 2)
        #expect(world.machine.toSend(at: world.now, limit: 99).map(\.nonce) == [0, 1])
    }

    @Test func `only the first is raised, and those that the price has overtaken`() throws {
        var world = World(Seed(1), isStrict: false)
        world.admit(4)
        world.load()
        world.sign()
        for _ in 0..<4 { try world.send(.all) }
        world.look()
        world.now = world.now.advanced(by: .seconds(100))
        #expect(world.machine.toRaise(at: world.now, price: nil).isEmpty, "no block has gone by")
        world.head += 3
        world.look()
        #expect(world.machine.toRaise(at: world.now, price: nil).map(\.nonce) == [0])
        #expect(world.machine.toRaise(at: world.now, price: Wei(1)).map(\.nonce) == [0])
        #expect(world.machine.toRaise(at: world.now, price: Wei(1 << 50)).map(\.nonce) == [0, 1, 2, 3])
        world.machine.raised(at: world.now)
        #expect(world.machine.toRaise(at: world.now, price: nil).isEmpty)
    }

    @Test func `what was cancelled before a node had it never becomes a coin`() throws {
        var world = World(Seed(1), isStrict: false)
        world.admit(3)
        world.load()
        let isThere = world.machine.cancel(World.id(1))
        #expect(isThere)
        let isElsewhere = world.machine.cancel(World.id(77))
        #expect(!isElsewhere)
        world.sign()
        #expect(world.machine.items.map(\.noops.count) == [0, 1, 0])
        #expect(world.machine.toSign.isEmpty)
    }

    @Test func `a nonce counts as stolen only after so many looks, and two at least`() {
        var world = World(Seed(1), isStrict: false, foreignReads: 0)
        world.admit(1)
        world.load()
        let answers = (0..<3).map { _ in world.machine.missed(0) }
        #expect(answers == [false, true, true])
    }
}

/// A chain, a node and a store, as little of them as a lane machine can tell.
private struct World {
    enum Answers { case all, some }

    var machine: LaneMachine
    var random: SeededGenerator
    var now = LoopClock().now
    var head: UInt64 = 10
    let isStrict: Bool
    /// Records: the next nonce, and which are over.
    var counter: UInt64 = 0
    var over: Set<UInt64> = []
    var stored: [UInt64: LaneItem] = [:]
    /// The node: what is mined, and what waits, by nonce.
    var mined: [UInt64: Hash32] = [:]
    var pool: [UInt64: Hash32] = [:]
    /// The nonces that the node was ever given.
    var given: Set<UInt64> = []
    var owner: [Hash32: String] = [:]
    var versions: UInt64 = 0

    init(_ seed: Seed, isStrict: Bool, window: Int = 20, foreignReads: Int = 3) {
        var configuration = LaneConfiguration()
        configuration.window = window
        configuration.foreignReads = foreignReads
        self.machine = LaneMachine(configuration)
        self.random = seed.random
        self.isStrict = isStrict
    }

    static func id(_ nonce: UInt64) -> String {
        let text = String(nonce)
        return "01" + String(repeating: "0", count: 24 - text.utf8.count) + text
    }

    var chainNonce: UInt64 { UInt64(self.mined.count) }

    var pendingNonce: UInt64 {
        var nonce = self.chainNonce
        while self.pool[nonce] != nil { nonce += 1 }
        return nonce
    }

    // MARK: What happens

    mutating func step() throws {
        self.now = self.now.advanced(by: .milliseconds(Int.random(in: 0...900, using: &self.random)))
        switch Int.random(in: 0..<20, using: &self.random) {
        case 0..<2: self.admit(Int.random(in: 0...6, using: &self.random))
        case 2..<5: self.load()
        case 5..<8: self.sign()
        case 8..<12: try self.send(.some)
        case 12..<15: self.look()
        case 15: self.mine()
        case 16: self.pool = [:]
        case 17: if let lost = self.pool.keys.randomElement(using: &self.random) { self.pool[lost] = nil }
        case 18: self.raise()
        default: self.forget()
        }
    }

    /// From now on nothing goes wrong.
    mutating func finish() throws {
        for round in 0..<2000 where self.over.count < Int(self.counter) || round == 0 {
            self.now = self.now.advanced(by: .seconds(1))
            self.load()
            self.sign()
            try self.send(.all)
            self.mine(all: true)
            self.look()
        }
        #expect(self.over.count == Int(self.counter))
        #expect(self.machine.items.isEmpty)
        #expect(!self.machine.hasHole(below: self.counter))
    }

    mutating func admit(_ count: Int) {
        for _ in 0..<count {
            let words = [
                Self.id(self.counter), "queued", String(self.counter), "0x00000000000000000000000000000000deadbeef",
                "1",
                "", "", "", "", "", "", "", "", "", "",
            ]
            guard let item = LaneItem(words.map { RESPValue.bulk(ByteBuffer(string: $0)) }) else {
                Issue.record("no item")
                return
            }
            self.stored[self.counter] = item
            self.counter += 1
        }
    }

    mutating func load() {
        let first = self.machine.nextNonce
        let room = self.machine.room
        let wanted = (first..<max(first, self.counter)).filter { !self.over.contains($0) }.prefix(room)
        self.machine.loaded(wanted.compactMap { self.stored[$0] })
    }

    mutating func sign(except skipped: UInt64? = nil) {
        for item in self.machine.toSign where item.nonce != skipped { self.sign(item) }
    }

    private mutating func sign(_ item: LaneItem) {
        var item = item
        self.versions += 1
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: self.versions >> (UInt64($0 % 8) * 8)) }
        guard let hash = Hash32(bytes: bytes) else { return }
        // A nonce is one item's for good.
        #expect(item.id == Self.id(item.nonce))
        self.owner[hash] = item.id
        item.hashes.append(hash)
        if item.isCancelled { item.noops.append(hash) }
        item.raw = hash.text
        item.fee = .legacy(gasPrice: Wei(self.versions))
        self.machine.signed(item)
        var record = self.machine.items.first { $0.nonce == item.nonce } ?? item
        record.firstSent = nil
        record.lastSent = nil
        self.stored[item.nonce] = record
    }

    private mutating func raise() {
        for item in self.machine.toRaise(at: self.now, price: nil) { self.sign(item) }
        self.machine.raised(at: self.now)
    }

    /// A write of unknown outcome: some items are read again.
    private mutating func forget() {
        guard let item = self.machine.items.randomElement(using: &self.random) else { return }
        self.machine.forget(item.nonce)
    }

    // MARK: The node

    mutating func send(_ answers: Answers) throws {
        let batch = self.machine.toSend(at: self.now, limit: Int.random(in: 1...12, using: &self.random))
        var before = self.machine.chainNonce
        for item in batch {
            let isNext = item.nonce == self.machine.chainNonce || item.nonce == before
            #expect(isNext || self.given.contains(item.nonce - 1), "nonce \(item.nonce) jumps the queue")
            #expect(item.state != .queued && !item.raw.isEmpty)
            before = item.nonce + 1
        }
        let cut = answers == .all ? batch.count : Int.random(in: 0...batch.count, using: &self.random)
        var outcomes: [SubmitOutcome] = []
        for (index, item) in batch.enumerated() {
            guard index < cut else {
                outcomes.append(Bool.random(using: &self.random) ? .notSent(.noNode) : .unknown(.malformed))
                continue
            }
            let outcome = self.take(item)
            let isLost = answers == .some && Int.random(in: 0..<12, using: &self.random) == 0
            outcomes.append(isLost ? .unknown(.malformed) : outcome)
        }
        for item in self.machine.answered(batch, outcomes, at: self.now) {
            self.given.insert(item.nonce)
            self.machine.submitted(item.nonce)
        }
    }

    private mutating func take(_ item: LaneItem) -> SubmitOutcome {
        guard let hash = item.hash else { return .rejected("nothing") }
        self.given.insert(item.nonce)
        if item.nonce < self.chainNonce { return .nonceTooLow }
        if self.pool[item.nonce] == hash { return .alreadyKnown }
        if self.isStrict, item.nonce > self.pendingNonce { return .nonceTooHigh }
        if self.pool[item.nonce] != nil, Bool.random(using: &self.random) { return .underpriced }
        self.pool[item.nonce] = hash
        return .accepted(hash)
    }

    private mutating func mine(all: Bool = false) {
        self.head += 1
        let limit = all ? Int.max : Int.random(in: 0...8, using: &self.random)
        var count = 0
        while count < limit, let hash = self.pool.removeValue(forKey: self.chainNonce) {
            self.mined[self.chainNonce] = hash
            count += 1
        }
    }

    mutating func look() {
        self.machine.observed(
            nonce: self.chainNonce,
            pendingNonce: self.pendingNonce,
            head: self.head,
            at: self.now
        )
        for item in self.machine.toSettle {
            guard let hash = self.mined[item.nonce], item.hashes.contains(hash) else {
                Issue.record("nonce \(item.nonce) is used, and not by a transaction that its item knows")
                continue
            }
            #expect(self.owner[hash] == item.id)
            self.machine.mined(item.nonce, as: hash, in: self.head, hash)
            self.machine.remove(item.nonce)
            self.over.insert(item.nonce)
        }
    }
}
