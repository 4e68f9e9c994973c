import Ethereum
import EthereumRPC
import Faucet
import Support
import Testing

/// How much a node is given at once, and whom a first era waits for.
struct PoolWindowTests {
    /// A node that keeps so many, and a block for each third look; returns how often something was sent.
    private func sends(of count: Int, keeping kept: Int, limit: Int, looks: inout Int) -> Int {
        var window = PoolWindow(limit: limit)
        var (mined, sent, sends, before) = (0, 0, 0, 0)
        looks = 0
        while mined < count {
            looks += 1
            let end = min(count, mined + window.size)
            sends += max(0, end - sent)
            sent = max(sent, end)
            let there = min(sent, mined + kept)
            if there < sent {
                window.kept(there - mined, isLost: true)
                sent = there
            } else {
                window.keptAll(isFull: end < count, mined: mined - before)
            }
            before = mined
            if looks.isMultiple(of: 3) { mined = there }
        }
        return sends
    }

    @Test(arguments: [1, 7, 16, 32, 64, 100, 500, 5000])
    func `whatever a node keeps, each transaction is sent about once`(kept: Int) {
        var looks = 0
        let sends = self.sends(of: 5000, keeping: kept, limit: 1000, looks: &looks)
        #expect(sends <= 5000 + 5000 / 10 + 1000, "\(sends)")
        // No block goes by without as many as the node keeps.
        #expect(looks <= 3 * (5000 / min(kept, 1000)) * 6 / 5 + 40, "\(looks)")
    }

    @Test func `a window begins small, doubles while all is kept, and ends at its limit`() {
        var window = PoolWindow(limit: 300)
        var sizes: [Int] = []
        for _ in 0..<5 {
            sizes.append(window.size)
            window.keptAll(isFull: true, mined: 0)
        }
        #expect(sizes == [64, 128, 256, 300, 300])
        #expect(PoolWindow(limit: 5).size == 5)
    }

    @Test func `a window that is not full does not grow`() {
        var window = PoolWindow(limit: 1000)
        for _ in 0..<100 { window.keptAll(isFull: false, mined: 9) }
        #expect(window.size == 64)
    }

    @Test func `a node that has nothing says nothing of how much it keeps`() {
        var window = PoolWindow(limit: 1000)
        for _ in 0..<4 { window.keptAll(isFull: true, mined: 0) }
        window.kept(0, isLost: true)
        #expect(window.size == 500)
        window.keptAll(isFull: true, mined: 0)
        #expect(window.size == 1000)
    }

    @Test func `what was kept for a while counts, and not what was left of it when it was missed`() {
        var window = PoolWindow(limit: 1000)
        window.kept(32, isLost: false)
        window.kept(0, isLost: false)
        window.kept(0, isLost: true)
        #expect(window.size == 32)
    }

    @Test func `a node whose pending nonce tells nothing is not believed again`() {
        var window = PoolWindow(limit: 1000)
        for _ in 0..<4 { window.keptAll(isFull: true, mined: 0) }
        window.kept(3, isLost: true)
        #expect(window.size == 3)
        window.wasWrong()
        #expect(window.size == 1000)
        window.kept(3, isLost: true)
        window.refused(behind: 5)
        #expect(window.size == 1000)
    }

    @Test func `before the first era only nodes that were not asked yet are waited for`() {
        #expect(EraKeeper.looksNeeded(isFirst: true, silent: 1, [.sighted, .sighted, .failing]) == 1)
        #expect(EraKeeper.looksNeeded(isFirst: true, silent: 1, [.sighted, .unseen]) == 60)
        #expect(EraKeeper.looksNeeded(isFirst: false, silent: 1, [.otherChain, .failing]) == 60)
        #expect(EraKeeper.looksNeeded(isFirst: false, silent: 0, [.otherChain]) == 3)
    }
}
