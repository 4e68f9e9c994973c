import Ethereum
import EthereumRPC
import Faucet
import Support
import Testing

/// The offers of transactions: quotes, raises and the cap.
struct FeeTests {
    private static let gwei: UInt64 = 1_000_000_000

    private static func wei(_ gwei: UInt64) -> Wei { Wei(gwei * Self.gwei) }

    @Test func `where blocks have a base fee, twice of it and the tip is offered`() {
        let rules = FeeRules()
        let quote = rules.quote(baseFee: Self.wei(10), priorityFee: Self.wei(2), gasPrice: Self.wei(50))
        #expect(quote == .market(maxFee: Self.wei(22), tip: Self.wei(2)))
        #expect(
            rules.quote(baseFee: Self.wei(10), priorityFee: nil, gasPrice: nil)
                == .market(maxFee: Self.wei(21), tip: Self.wei(1))
        )
    }

    @Test func `where they have none, the gas price as it is`() {
        let rules = FeeRules()
        #expect(
            rules.quote(baseFee: nil, priorityFee: Self.wei(2), gasPrice: Self.wei(165_000))
                == .legacy(gasPrice: Self.wei(165_000))
        )
        #expect(rules.quote(baseFee: nil, priorityFee: nil, gasPrice: .zero) == .legacy(gasPrice: Wei(1)))
        #expect(rules.quote(baseFee: nil, priorityFee: nil, gasPrice: nil) == nil)
    }

    @Test func `a mode that is set is kept to`() {
        var rules = FeeRules()
        rules.mode = .legacy
        #expect(
            rules.quote(baseFee: Self.wei(10), priorityFee: Self.wei(2), gasPrice: Self.wei(12))
                == .legacy(gasPrice: Self.wei(12))
        )
        rules.mode = .market
        #expect(rules.quote(baseFee: nil, priorityFee: nil, gasPrice: Self.wei(12)) == nil)
    }

    @Test func `a quote is never over the cap`() {
        var rules = FeeRules()
        rules.cap = Self.wei(15)
        #expect(
            rules.quote(baseFee: Self.wei(10), priorityFee: Self.wei(2), gasPrice: nil)
                == .market(maxFee: Self.wei(15), tip: Self.wei(2))
        )
        #expect(
            rules.quote(baseFee: Self.wei(10), priorityFee: Self.wei(40), gasPrice: nil)
                == .market(maxFee: Self.wei(15), tip: Self.wei(15))
        )
        #expect(rules.quote(baseFee: nil, priorityFee: nil, gasPrice: Self.wei(99)) == .legacy(gasPrice: Self.wei(15)))
        #expect(rules.quote(baseFee: nil, priorityFee: nil, gasPrice: Self.wei(8)) == .legacy(gasPrice: Self.wei(8)))
    }

    @Test(arguments: Seed.cases(200))
    func `a raise is an eighth at least on everything, reaches the quote, and stays below the cap`(seed: Seed) throws {
        var random = seed.random
        let amounts = (0..<5).map { _ in Wei(UInt64.random(in: 0...(1 << UInt64.random(in: 1...60)), using: &random)) }
        let isLegacy = Bool.random(using: &random)
        let fee: Fee =
            isLegacy ? .legacy(gasPrice: amounts[0]) : .market(maxFee: max(amounts[0], amounts[1]), tip: amounts[1])
        let quote: Fee? =
            Bool.random(using: &random)
            ? nil
            : isLegacy
                ? .legacy(gasPrice: amounts[2])
                : .market(maxFee: max(amounts[2], amounts[3]), tip: amounts[3])
        let cap = Bool.random(using: &random) ? nil : amounts[4]
        guard let raised = fee.raised(atLeast: quote, cap: cap) else {
            // Only the cap is a reason not to.
            let free = try #require(fee.raised(atLeast: quote, cap: nil))
            let limit = try #require(cap)
            #expect(free.limit > limit)
            return
        }
        func isEnough(_ now: Wei, _ before: Wei) throws -> Bool {
            let (more, least) = (now.multiplied(by: 1000), before.multiplied(by: 1125))
            return try now > before && #require(more) >= #require(least)
        }
        #expect(try isEnough(raised.limit, fee.limit))
        #expect(raised.limit >= quote?.limit ?? .zero)
        if let cap { #expect(raised.limit <= cap) }
        switch (fee, raised) {
        case (.market(_, let before), .market(let maxFee, let now)):
            #expect(try isEnough(now, before))
            #expect(now <= maxFee)
        case (.legacy, .legacy): break
        case (.market, .legacy), (.legacy, .market): Issue.record("the kind has changed")
        }
    }

    @Test func `what a node asks for is offered, and not more, within the cap`() {
        let fee = Fee.market(maxFee: Self.wei(20), tip: Wei(1))
        let tip = FeeFloor(.tip, Self.wei(5))
        // The part that was left for the base fee stays for it.
        #expect(fee.reaching(tip, cap: nil) == .market(maxFee: Wei(24_999_999_999), tip: Self.wei(5)))
        #expect(fee.reaching(tip, cap: Self.wei(24)) == nil)
        let price = FeeFloor(.price, Self.wei(30))
        #expect(fee.reaching(price, cap: nil) == .market(maxFee: Wei(30_000_000_001), tip: Wei(1)))
        #expect(Fee.legacy(gasPrice: Wei(1)).reaching(tip, cap: nil) == .legacy(gasPrice: Self.wei(5)))
        #expect(Fee.legacy(gasPrice: Self.wei(9)).reaching(tip, cap: nil) == .legacy(gasPrice: Self.wei(9)))
        let quote = Fee.legacy(gasPrice: Self.wei(7))
        #expect(Fee.legacy(gasPrice: Wei(1)).reaching(tip, atLeast: quote, cap: nil) == quote)
    }

    @Test func `a node that names nothing is offered twice as much, sooner or later enough`() throws {
        var fee = Fee.market(maxFee: Self.wei(2), tip: Wei(1))
        var raises = 0
        while case .market(_, let tip) = fee, tip < Self.wei(5) {
            fee = try #require(fee.raised(atLeast: nil, cap: nil, doubles: true))
            raises += 1
        }
        #expect(raises < 40)
        #expect(fee.raised(atLeast: nil, cap: Self.wei(6), doubles: true) == nil)
    }

    @Test(arguments: [
        Fee.legacy(gasPrice: Wei(20_000_000_000)), .market(maxFee: Wei(3), tip: Wei(1)),
        .market(maxFee: .zero, tip: .zero),
    ])
    func `a fee reads what it wrote`(fee: Fee) {
        #expect(Fee(text: fee.text) == fee)
    }

    @Test(arguments: ["", "legacy", "legacy x", "legacy 1 2", "market 1", "market 1 2 3", "other 1", "legacy -1"])
    func `what is no fee is not read as one`(text: String) {
        #expect(Fee(text: text) == nil)
    }
}
