import Ethereum
import EthereumRPC
import Support
import Testing

@Suite
struct NodeBoardTests {
    private static let start = ContinuousClock.now
    private let other = ChainIdentity.numbered(0xB)

    private func board(_ count: Int, _ change: (inout NodeRules) -> Void = { _ in }) -> NodeBoard {
        var rules = NodeRules()
        change(&rules)
        var board = NodeBoard(count: count, rules: rules)
        board.accept(.test)
        return board
    }

    private func statuses(_ board: NodeBoard, after seconds: Int = 0) -> [NodeStatus] {
        board.report(at: Self.start + .seconds(seconds)).nodes.map(\.status)
    }

    @Test
    func `nothing is used before it was seen`() {
        var board = self.board(2)
        #expect(board.choose(isSending: true, at: Self.start) == nil)
        #expect(board.report(at: Self.start).verdict == .unreachable)
        #expect(self.statuses(board) == [.unseen, .unseen])
    }

    @Test
    func `nothing is used before a chain is accepted`() {
        var board = self.board(1)
        board.accept(nil)
        board.sighted(0, .test, head: 9, at: Self.start)
        #expect(board.choose(isSending: true, at: Self.start) == nil)
        #expect(board.report(at: Self.start).verdict == .changed(to: .test, silent: 0))
        board.accept(.test)
        #expect(board.choose(isSending: false, at: Self.start) == 0)
    }

    @Test
    func `one node is used until it fails`() {
        var board = self.board(3)
        for node in 0..<3 { board.sighted(node, .test, head: 10, at: Self.start) }
        #expect(board.choose(isSending: false, at: Self.start) == 0)
        board.failed(0, at: Self.start)
        #expect(board.choose(isSending: false, at: Self.start) == 1)
        board.sighted(0, .test, head: 10, at: Self.start)
        #expect(board.choose(isSending: false, at: Self.start) == 1)
        #expect(board.choose(isSending: false, except: [1], at: Self.start) == 2)
        #expect(board.choose(isSending: false, except: [0, 1, 2], at: Self.start) == nil)
    }

    @Test
    func `what failed is used again when it was seen again, and not when time has passed`() {
        var board = self.board(1)
        board.sighted(0, .test, head: 10, at: Self.start)
        board.failed(0, at: Self.start)
        let later = Self.start + .seconds(100)
        #expect(board.pausedUntil(0, at: later) == nil)
        #expect(board.choose(isSending: true, at: later) == nil)
        board.sighted(0, .test, head: 10, at: later)
        #expect(board.choose(isSending: true, at: later) == 0)
    }

    @Test
    func `pauses double from half a second to fifteen seconds`() {
        var board = self.board(1)
        var pauses: [Double] = []
        for _ in 0..<40 {
            board.failed(0, at: Self.start)
            // Probes succeed, calls do not.
            let pause = board.pausedUntil(0, at: Self.start).map { Self.start.duration(to: $0) } ?? .zero
            board.sighted(0, .test, head: 10, at: Self.start)
            pauses.append(pause / .seconds(1))
        }
        #expect(pauses == [0.5, 1, 2, 4, 8] + Array(repeating: 15, count: 35))
        board.answered(0)
        board.failed(0, at: Self.start)
        #expect(board.pausedUntil(0, at: Self.start) == Self.start + .milliseconds(500))
    }

    @Test
    func `a node gets the pause that it asks for, up to the longest`() {
        var board = self.board(2)
        board.failed(0, pause: .seconds(7), at: Self.start)
        board.failed(1, pause: .seconds(3600), at: Self.start)
        #expect(board.pausedUntil(0, at: Self.start) == Self.start + .seconds(7))
        #expect(board.pausedUntil(1, at: Self.start) == Self.start + .seconds(15))
    }

    @Test
    func `a long time ago counts for nothing`() {
        var board = self.board(1)
        for _ in 0..<10 { board.failed(0, at: Self.start) }
        let later = Self.start + .seconds(61)
        board.failed(0, at: later)
        #expect(board.pausedUntil(0, at: later) == later + .milliseconds(500))
    }

    @Test
    func `a node that lags is sent to only when there is no other`() {
        var board = self.board(2)
        board.sighted(0, .test, head: 94, at: Self.start)
        board.sighted(1, .test, head: 100, at: Self.start)
        #expect(self.statuses(board) == [.lagging, .healthy])
        #expect(board.choose(isSending: true, at: Self.start) == 1)
        board.failed(1, at: Self.start)
        #expect(board.choose(isSending: false, at: Self.start) == nil)
        #expect(board.choose(isSending: true, at: Self.start) == 0)
        board.showed(0, head: 95, at: Self.start)
        #expect(board.choose(isSending: false, at: Self.start) == 0)
    }

    @Test
    func `a node that fell silent is what others lag behind, for a minute`() {
        var board = self.board(2)
        board.sighted(0, .test, head: 100, at: Self.start)
        board.sighted(1, .test, head: 80, at: Self.start)
        board.failed(0, at: Self.start)
        #expect(self.statuses(board, after: 59) == [.failing, .lagging])
        #expect(self.statuses(board, after: 60) == [.failing, .healthy])
    }

    @Test
    func `an absurd height does no harm`() {
        var board = self.board(2)
        board.sighted(0, .test, head: .max, at: Self.start)
        board.sighted(1, .test, head: 0, at: Self.start)
        #expect(self.statuses(board) == [.healthy, .lagging])
        #expect(board.report(at: Self.start).nodes[1].lag == .max)
    }

    @Test
    func `a chain that was reset is told from a node of another chain`() {
        var board = self.board(3)
        board.sighted(0, .test, head: 100, at: Self.start)
        board.sighted(1, self.other, head: 100, at: Self.start)
        #expect(board.report(at: Self.start).verdict == .accepted)
        #expect(self.statuses(board) == [.healthy, .otherChain, .unseen])
        board.showed(0, genesis: self.other.genesis, at: Self.start)
        #expect(board.report(at: Self.start).verdict == .changed(to: self.other, silent: 1))
        #expect(board.choose(isSending: true, at: Self.start) == nil)
        board.sighted(2, .numbered(0xC), head: 1, at: Self.start)
        #expect(board.report(at: Self.start).verdict == .divided)
        board.failed(2, at: Self.start)
        board.accept(self.other)
        #expect(board.report(at: Self.start).verdict == .accepted)
        // The first one has not said yet how far it is.
        #expect(board.choose(isSending: true, at: Self.start) == 1)
    }

    @Test
    func `what the settings name is not a matter of acceptance`() {
        var board = self.board(2) { $0.chainID = 31337 }
        board.sighted(0, .numbered(0xA, id: 1), head: 1, at: Self.start)
        #expect(board.report(at: Self.start).verdict == .misplaced)
        board.accept(.numbered(0xA, id: 1))
        #expect(board.choose(isSending: true, at: Self.start) == nil)
        #expect(self.statuses(board) == [.misplaced, .unseen])
        var pinned = self.board(1) { $0.genesis = Hash32(numbered: 0xB) }
        pinned.sighted(0, .test, head: 1, at: Self.start)
        #expect(self.statuses(pinned) == [.misplaced])
    }

    @Test
    func `a node that went back shows it until it is as high as it was`() {
        var board = self.board(1)
        board.sighted(0, .test, head: 100, at: Self.start)
        board.sighted(0, .test, head: 90, at: Self.start)
        #expect(board.report(at: Self.start).nodes[0].rolledBack == 10)
        board.showed(0, head: 99, at: Self.start)
        #expect(board.report(at: Self.start).nodes[0].rolledBack == 1)
        board.showed(0, head: 100, at: Self.start)
        #expect(board.report(at: Self.start).nodes[0].rolledBack == 0)
        board.sighted(0, self.other, head: 1, at: Self.start)
        #expect(board.report(at: Self.start).nodes[0].rolledBack == 0)
    }

    /// The notes that a person would keep on paper.
    private struct Paper {
        var chain: ChainIdentity?
        var head: UInt64 = 0
        var answers = false
    }

    @Test(arguments: Seed.cases(300))
    func `only nodes that are fit are used, and the same one as long as it is`(_ seed: Seed) {
        var random = seed.random
        let count = Int.random(in: 1...4, using: &random)
        let limit = UInt64.random(in: 0...6, using: &random)
        var board = self.board(count) {
            $0.lagLimit = limit
            $0.chainID = 31337
        }
        let chains: [ChainIdentity] = [.test, .test, .test, self.other, .numbered(0xA, id: 1)]
        var papers = Array(repeating: Paper(), count: count)
        var accepted: ChainIdentity? = .test
        var used: Int?
        var now = Self.start
        for _ in 0..<200 {
            now += .milliseconds(Int.random(in: 0...3000, using: &random))
            let node = Int.random(in: 0..<count, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4:
                let chain = chains.randomElement(using: &random) ?? .test
                papers[node] = Paper(chain: chain, head: .random(in: 100...112, using: &random), answers: true)
                board.sighted(node, chain, head: papers[node].head, at: now)
            case 5...6:
                papers[node].answers = false
                board.failed(node, at: now)
            case 7: board.answered(node)
            case 8 where papers[node].answers:
                papers[node].head += UInt64.random(in: 0...2, using: &random)
                board.showed(node, head: papers[node].head, at: now)
            case 9:
                accepted = [.test, .test, self.other, nil].randomElement(using: &random) ?? nil
                board.accept(accepted)
            default: break
            }
            let healthy = board.report(at: now).nodes.filter { $0.status == .healthy }.map(\.index)
            let choice = board.choose(isSending: false, at: now)
            #expect((choice == nil) == healthy.isEmpty)
            if let used, healthy.contains(used) { #expect(choice == used) }
            if let choice {
                let fit = papers.filter { $0.answers && $0.chain == accepted && $0.chain?.id == 31337 }
                #expect(papers[choice].answers)
                #expect(papers[choice].chain == accepted && accepted?.id == 31337)
                #expect(fit.allSatisfy { papers[choice].head + limit >= $0.head })
                used = choice
            }
            if let end = board.pausedUntil(node, at: now) { #expect(now.duration(to: end) <= .seconds(15)) }
        }
    }
}
