package import DequeModule
package import Ethereum
package import EthereumRPC
package import Timing

/// The next step of a lane, as plain values: no socket, no clock.
///
///     queued ──signed──▶ signed ──accepted──▶ submitted ──receipt──▶ mined ──deep enough──▶ over
///                          ▲                     │  ▲                  │
///                          └── raised, resent ───┘  └── reorganised ───┘
///
/// Items stand in order of their nonces, without a gap from the chain's nonce on, and are sent in that order. Whatever
/// a node says, only a receipt ends one; a nonce never goes to another.
package struct LaneMachine: Sendable {
    package typealias Instant = LoopClock.Instant

    private let configuration: LaneConfiguration
    /// In order of their nonces.
    ///
    /// They are many and large: they are looked through in place and found by halving.
    package private(set) var items: Deque<LaneItem> = []
    private var minedCount = 0
    /// The lowest nonce that was not asked for yet.
    package private(set) var nextNonce: UInt64 = 0
    /// The chain's next nonce, counting mined transactions.
    package private(set) var chainNonce: UInt64 = 0
    /// Why nothing is sent just now.
    package private(set) var hold: Waiting.Reason?
    /// How often in a row something was not taken.
    package private(set) var holds = 0
    /// How much the node is given at once.
    package private(set) var window: PoolWindow
    private var heldUntil: Instant?
    private var head: UInt64 = 0
    /// The head at which the first item became the first, and when.
    private var headItem: (nonce: UInt64, since: Instant, head: UInt64)?
    /// The nonce that the chain takes next although a node was given it and does not have it, and the head by then.
    private var missing: (nonce: UInt64, head: UInt64)?
    /// Whether a node has lost something before a nonce: the next look tells what it has.
    package private(set) var mustLook = false
    /// How soon an item is sent again that a node seems to have lost.
    private static let shortestResend = Duration.seconds(2)

    package init(_ configuration: LaneConfiguration) {
        self.configuration = configuration
        self.window = PoolWindow(limit: configuration.window)
    }

    // MARK: Loading

    /// How many more items may be loaded.
    package var room: Int {
        let free = self.configuration.window * 2 - (self.items.count - self.minedCount)
        // Items that have appeared below others are read in any case: without them the others do not get on.
        let isBelow = self.items.last.map { self.nextNonce < $0.nonce } ?? false
        return max(free, isBelow ? self.configuration.window : 0)
    }

    /// Items that were read, in order of their nonces from ``nextNonce`` on.
    package mutating func loaded(_ new: [LaneItem]) {
        for item in new {
            self.nextNonce = max(self.nextNonce, item.nonce + 1)
            let place = self.place(of: item.nonce)
            guard place == self.items.count || self.items[place].nonce != item.nonce else { continue }
            self.items.insert(item, at: place)
            if item.state == .mined { self.minedCount += 1 }
        }
    }

    /// An item below ``nextNonce`` has appeared: it is to be read.
    package mutating func reload(from nonce: UInt64) { self.nextNonce = min(self.nextNonce, nonce) }

    /// The lowest item there is: one that is not here was made by a store that was set back.
    package mutating func expect(_ nonce: UInt64) {
        if self.index(of: nonce) == nil { self.reload(from: nonce) }
    }

    package mutating func remove(_ nonce: UInt64) {
        guard let index = self.index(of: nonce) else { return }
        if self.items[index].state == .mined { self.minedCount -= 1 }
        self.items.remove(at: index)
    }

    /// Where an item with this nonce stands, or would stand.
    private func place(of nonce: UInt64) -> Int {
        var (low, high) = (0, self.items.count)
        while low < high {
            let middle = (low + high) / 2
            if self.items[middle].nonce < nonce { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func index(of nonce: UInt64) -> Int? {
        let place = self.place(of: nonce)
        return place < self.items.count && self.items[place].nonce == nonce ? place : nil
    }

    /// The items of which this is true, `limit` at most.
    private func items(_ limit: Int = .max, where isWanted: (borrowing LaneItem) -> Bool) -> [LaneItem] {
        var found: [LaneItem] = []
        for index in self.items.indices where found.count < limit && isWanted(self.items[index]) {
            found.append(self.items[index])
        }
        return found
    }

    /// Drops an item that is not known any more: it is to be read again.
    package mutating func forget(_ nonce: UInt64) {
        self.remove(nonce)
        self.reload(from: nonce)
    }

    package mutating func cancel(_ id: String) -> Bool {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else { return false }
        self.items[index].isCancelled = true
        return true
    }

    private mutating func update(_ nonce: UInt64, _ change: (inout LaneItem) -> Void) {
        guard let index = self.index(of: nonce) else { return }
        let wasMined = self.items[index].state == .mined
        change(&self.items[index])
        let isMined = self.items[index].state == .mined
        self.minedCount += (isMined ? 1 : 0) - (wasMined ? 1 : 0)
    }

    // MARK: Signing

    /// Items that need a transaction: new ones, and cancelled ones whose newest is still the coin.
    package var toSign: [LaneItem] {
        self.items(99) { $0.state == .queued || $0.isCancelled && $0.state != .mined && !$0.isAsWanted }
    }

    package mutating func signed(_ item: LaneItem) {
        self.update(item.nonce) { own in
            own.raw = item.raw
            own.hashes = item.hashes
            own.noops = item.noops
            own.fee = item.fee
            own.lastSent = nil
            if own.state == .queued { own.state = .signed }
        }
    }

    // MARK: Sending

    /// The items to send now, in order; none while it makes no sense.
    package func toSend(at now: Instant, limit: Int) -> [LaneItem] {
        if let heldUntil = self.heldUntil, now < heldUntil { return [] }
        var batch: [LaneItem] = []
        var next = self.chainNonce
        for index in self.place(of: next)..<self.items.count {
            let state = self.items[index].state
            guard self.items[index].nonce == next, state != .queued, state != .mined, batch.count < limit,
                next - self.chainNonce < UInt64(self.window.size)
            else { break }
            next += 1
            if self.isDue(self.items[index].lastSent, now) {
                batch.append(self.items[index])
            } else if !batch.isEmpty {
                // A node has what follows: only what it lost is sent again.
                break
            }
        }
        return batch
    }

    private func isDue(_ lastSent: Instant?, _ now: Instant) -> Bool {
        guard let last = lastSent else { return true }
        return last.duration(to: now) > self.configuration.rebroadcast
    }

    /// Takes a node's outcomes of a batch, as ``judged(_:_:)`` has them; returns the items that the node has now.
    package mutating func answered(
        _ batch: [LaneItem],
        _ outcomes: [SubmitOutcome],
        at now: Instant
    ) -> [LaneItem] {
        var taken: [LaneItem] = []
        for (item, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .accepted, .alreadyKnown:
                if case .alreadyKnown = outcome, item.wasLost { self.window.wasWrong() }
                self.update(item.nonce) { own in
                    guard own.hash == item.hash else { return }
                    own.firstSent = own.firstSent ?? now
                    own.lastSent = now
                    own.wasLost = false
                }
                taken.append(item)
            // Mined perhaps, and perhaps by somebody else: the next look at the chain tells.
            case .nonceTooLow: self.update(item.nonce) { $0.lastSent = now }
            // Another transaction of this nonce waits there; a look tells whether it gets on.
            case .underpriced:
                self.update(item.nonce) { own in
                    own.firstSent = own.firstSent ?? now
                    own.lastSent = now
                }
            default: break
            }
        }
        if let index = outcomes.firstIndex(where: { Self.reason($0) != nil }), let reason = Self.reason(outcomes[index])
        {
            if reason == .poolFull {
                let nonce = batch[index].nonce
                self.window.refused(behind: Int(clamping: nonce - min(nonce, self.chainNonce)))
            }
            self.stop(reason, at: now)
            if case .nonceTooHigh = outcomes[index] { self.mustLook = true }
        } else {
            self.hold = nil
            self.holds = 0
            self.heldUntil = nil
        }
        return taken
    }

    private mutating func stop(_ reason: Waiting.Reason, at now: Instant) {
        self.hold = reason
        self.holds += 1
        self.heldUntil = now.advanced(by: min(.seconds(5), .milliseconds(100) * (1 << min(self.holds, 6))))
    }

    // MARK: Looking

    /// The chain was looked at; `pendingNonce` is what the node would take next.
    package mutating func observed(nonce: UInt64, pendingNonce: UInt64, head: UInt64, at now: Instant) {
        let isFull = self.isWindowFull
        let mined = Int(clamping: nonce - min(nonce, self.chainNonce))
        self.chainNonce = nonce
        self.head = head
        let pending = max(pendingNonce, nonce)
        var (isShort, isLost) = (false, false)
        // A block has gone by without the one that comes next: the node does not have it.
        let isPassedOver = self.window.isTrusted && self.missing.map { $0.nonce == pending && $0.head < head } ?? false
        for index in self.place(of: pending)..<self.items.count {
            guard let last = self.items[index].lastSent else { continue }
            isShort = true
            // The node would take this nonce next, so it has lost what it said it had.
            guard self.mustLook || isPassedOver || last.duration(to: now) > Self.shortestResend else { continue }
            self.items[index].lastSent = nil
            self.items[index].wasLost = self.items[index].nonce == pending
            isLost = !self.mustLook
        }
        if !isShort || isLost || pending > nonce {
            self.missing = nil
        } else if self.missing?.nonce != nonce {
            self.missing = (nonce, head)
        }
        if isShort {
            self.window.kept(Int(clamping: pending - nonce), isLost: isLost)
        } else {
            self.window.keptAll(isFull: isFull, mined: mined)
        }
        self.mustLook = false
        let first = (self.place(of: nonce)..<self.items.count).first { self.items[$0].state != .mined }
        if let first = first.map({ self.items[$0].nonce }) {
            if self.headItem?.nonce != first { self.headItem = (first, now, self.head) }
        } else {
            self.headItem = nil
        }
    }

    /// Whether there is something to send that the window leaves no room for, and all that fits was sent.
    private var isWindowFull: Bool {
        let end = self.place(of: self.chainNonce + UInt64(self.window.size))
        guard end > 0, end < self.items.count else { return false }
        return self.items[end - 1].lastSent != nil && self.items[end].state != .queued
    }

    /// Whether a look is due before its time: more may be sent after it.
    package var isLookWorthwhile: Bool { self.mustLook || self.window.isWorthALook && self.isWindowFull }

    /// Everything that a node may have is sent again.
    package mutating func resendAll() {
        for index in self.items.indices where self.items[index].state != .mined { self.items[index].lastSent = nil }
        self.heldUntil = nil
    }

    /// Items whose nonces are used up and whose receipts are not known yet.
    package var toSettle: [LaneItem] {
        let end = self.place(of: self.chainNonce)
        return (0..<end).filter { self.items[$0].state != .mined }.map { self.items[$0] }
    }

    /// Items that are mined and may be deep enough now.
    package var toConfirm: [LaneItem] {
        self.items { $0.state == .mined && ($0.block ?? 0) + self.configuration.confirmations <= self.head }
    }

    /// Items that were mined and whose nonces are free again.
    package var reorganised: [LaneItem] { self.items { $0.state == .mined && $0.nonce >= self.chainNonce } }

    /// No transaction of the item is mined; `true` once its nonce counts as somebody else's.
    package mutating func missed(_ nonce: UInt64) -> Bool {
        var misses = 0
        self.update(nonce) { item in
            item.misses += 1
            misses = item.misses
        }
        return misses >= max(2, self.configuration.foreignReads)
    }

    /// A transaction that is mined is one of the item's, although its record does not name it.
    package mutating func adopt(_ hash: Hash32, isNoop: Bool, for nonce: UInt64) {
        self.update(nonce) { item in
            item.hashes.append(hash)
            if isNoop { item.noops.append(hash) }
        }
    }

    package mutating func mined(_ nonce: UInt64, as hash: Hash32, in block: UInt64, _ blockHash: Hash32) {
        self.update(nonce) { item in
            item.state = .mined
            item.block = block
            item.blockHash = blockHash
            item.minedHash = hash
            item.misses = 0
        }
    }

    package mutating func unmined(_ nonce: UInt64) {
        self.update(nonce) { item in
            item.state = .submitted
            item.block = nil
            item.blockHash = nil
            item.minedHash = nil
            item.lastSent = nil
        }
    }

    /// The first item when it has been stuck for too long, while blocks went by without it; and with it those behind
    /// that offer less than `price`, so that they would be stuck one after the other.
    package func toRaise(at now: Instant, price: Wei?) -> [LaneItem] {
        guard let first = self.headItem, first.nonce == self.chainNonce,
            first.since.duration(to: now) > self.configuration.stall, self.head >= first.head + 2
        else { return [] }
        let sent = self.items { $0.firstSent != nil && $0.state != .queued && $0.state != .mined }
        guard sent.first?.nonce == first.nonce else { return [] }
        return sent.filter { item in
            guard item.nonce != first.nonce else { return true }
            guard let price, let limit = item.fee?.limit else { return false }
            return limit < price
        }
    }

    /// The first item offers more now, or as much as it may: it is given its time again.
    package mutating func raised(at now: Instant) {
        if let first = self.headItem { self.headItem = (first.nonce, now, self.head) }
    }

    package mutating func submitted(_ nonce: UInt64) {
        self.update(nonce) { if $0.state == .signed { $0.state = .submitted } }
    }

    /// How long the first item has been the first.
    package func stall(at now: Instant) -> Duration {
        self.headItem.map { $0.since.duration(to: now) } ?? .zero
    }

    /// Whether a node has been given the first item that is not mined.
    package var isSent: Bool {
        let place = self.place(of: self.chainNonce)
        return place < self.items.count && self.items[place].state != .mined && self.items[place].lastSent != nil
    }

    /// Whether blocks are all that is missing, and have been for so long.
    package func isWaitingForBlock(_ silence: Duration, at now: Instant) -> Bool {
        self.isSent ? self.stall(at: now) > silence : self.minedCount > 0
    }

    /// Items that had ended before the chain lost them, and that are not mined again yet.
    package var replayCount: Int {
        self.items.count { $0.isReplay && $0.state != .mined && $0.nonce >= self.chainNonce }
    }

    /// Whether something is under way.
    package var isBusy: Bool { !self.items.isEmpty }
    /// Whether the chain's next nonce is none of ours although later ones are given out.
    package func hasHole(below counter: UInt64) -> Bool {
        self.chainNonce < counter && self.index(of: self.chainNonce) == nil
    }
}
