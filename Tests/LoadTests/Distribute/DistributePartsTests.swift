import Ethereum
import Foundation
import Load
import NIOPosix
import Synchronization
import Testing

struct DistributePartsTests {
    private static let data =
        #""id":"01KAJ2PQRSTVWXYZ0000000001","address":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","amount_wei":"5","#
        + #""nonce":7,"transaction_hash":"0x\#(String(repeating: "ab", count: 32))","status":"submitted""#

    @Test
    func `an answer is read with its fields in data or without`() throws {
        let answer = try #require(DistributionAnswer(Array(#"{"message":"m","data":{\#(Self.data)}}"#.utf8)))
        #expect(answer.message == "m")
        #expect(answer.address.text == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
        #expect(answer.amount == Wei(5) && answer.nonce == 7 && answer.state == .submitted)
        let bare = try #require(DistributionAnswer(Array("{\(Self.data),\"more\":[1]}".utf8)))
        #expect(bare.id == answer.id && bare.hash == answer.hash && bare.message == nil)
    }

    @Test(arguments: [
        ("\"nonce\":7", "\"nonce\":\"7\""), ("\"nonce\":7", "\"nonce\":-7"), ("\"nonce\":7", "\"nonce\":7.0"),
        ("\"5\"", "5"), ("\"5\"", "\"0\""), ("\"5\"", "\"05\""), ("\"5\"", "\"5.0\""), ("submitted", "sent"),
        ("0xabab", "abab"), ("0xabab", "0xab"), ("0x7099", "0x709"), ("\"id\"", "\"no\""), ("01KAJ2", "01KAJ2/"),
        ("01KAJ2", "?"), ("\"id\":", "\"id\":1,\"id\":"),
    ])
    func `an answer of another form is not read`(part: String, replacement: String) {
        let text = "{\(Self.data.replacingOccurrences(of: part, with: replacement))}"
        #expect(text != "{\(Self.data)}")
        #expect(DistributionAnswer(Array(text.utf8)) == nil)
    }

    @Test
    func `recipients are the same for the same run, and others for another`() throws {
        var configuration = DistributeLoadConfiguration()
        configuration.addresses = 500
        let recipients = try Recipients(configuration)
        let again = try Recipients(configuration)
        #expect(Set(recipients.addresses).count == 500)
        #expect(recipients.addresses == again.addresses)
        #expect(recipients[499] == recipients.addresses[499] && recipients[500] == recipients.addresses[0])
        configuration.runID = "another0"
        let others = try Recipients(configuration)
        #expect(Set(others.addresses).isDisjoint(with: recipients.addresses))
    }

    @Test
    func `requests carry what the settings ask for`() throws {
        var configuration = DistributeLoadConfiguration()
        let recipients = try Recipients(configuration)
        let plain = DistributionPlan(configuration, recipients, first: 3, count: 2).request(1)
        #expect(plain.path == "/distribute?address=\(configuration.address)")
        #expect(plain.change?.key == nil && plain.change?.body == nil)
        configuration.isPosting = true
        configuration.hasKeys = true
        let posted = DistributionPlan(configuration, recipients, first: 3, count: 2).request(1)
        #expect(posted.path == "/distribute")
        #expect(posted.change?.key == "\(configuration.prefix)-d4")
        #expect(posted.change?.body == .json(#"{"address":"\#(configuration.address)"}"#))
        #expect(DistributionPlan(configuration, recipients, first: 4, count: 1).request(0) == posted)
    }

    @Test(
        arguments: [
            (0, 0, 0, []), (10, 0, 0, [.missingCoin]), (0, 1, 0, []), (0, 2, 0, [.extraCoin]), (0, 0, 1, [.oddRise]),
            (0, 1, 1, [.extraCoin]),
        ] as [(Int, Int, Int, [DistributionViolation])]
    )
    func `a balance rises by coins, at least those delivered and at most those possible`(
        missing: Int,
        extra: Int,
        wei: Int,
        violations: [DistributionViolation]
    ) throws {
        var records = Array(repeating: DistributionRecord(), count: 21)
        for number in 0..<20 {
            records[number].state = .submitted
            records[number].answer = DistributionAnswer(Array("{\(Self.data)}".utf8))
        }
        records[20].state = .doubtful
        var evidence = CoinEvidence(try Recipients(DistributeLoadConfiguration()), records)
        evidence.before = [Wei(50)]
        evidence.after = [Wei(UInt64(50 + 5 * (20 - missing + extra) + wei))]
        #expect(Set(CoinCheck.chain(evidence).found.keys) == Set(violations))
    }

    @Test(arguments: [(DistributionEnd.failed("reverted"), UInt64(0)), (.open("queued"), 1)])
    func `what was accepted for later may bring a coin until it has failed`(end: DistributionEnd, most: UInt64) throws {
        var record = DistributionRecord()
        record.state = .queued
        record.answer = DistributionAnswer(Array("{\(Self.data)}".utf8))
        var evidence = CoinEvidence(try Recipients(DistributeLoadConfiguration()), [record])
        evidence.ends = [0: end]
        let count = CoinCount(evidence)
        #expect(count.least == [0] && count.most == [most])
    }

    @Test(arguments: [(true, 60_000), (false, 300)])
    func `requests at once wait for all of their connections, but not for ever`(
        isComplete: Bool,
        limit: Int
    ) async throws {
        final class Starts: ChangeWatcher {
            let first = Mutex<Int64?>(nil)

            func sent(_ number: Int, at now: Int64) { self.first.withLock { $0 = $0 ?? now } }

            func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {}
        }
        try await FakeFaucet.run { _, urls in
            let configuration = DistributeLoadConfiguration()
            let plan = DistributionPlan(configuration, try Recipients(configuration), first: 0, count: 20)
            // Nobody listens on port 1.
            let targets = [try LoadTarget(urls[0]), try LoadTarget(isComplete ? urls[0] : "http://127.0.0.1:1")]
            let starts = Starts()
            var load = ChangeLoad(plan, targets: targets, rate: nil)
            load.connections = 20
            load.connectWait = .milliseconds(limit)
            load.watcher = starts
            let begun = MonotonicClock.now
            let tally = try await load.run(on: [MultiThreadedEventLoopGroup.singleton.any()], ChangeCounters())
            let waited = try #require(starts.first.withLock { $0 }) - begun
            #expect(tally.takenCount == 20)
            #expect(isComplete ? waited < 30_000_000_000 : waited >= 300_000_000)
        }
    }

    @Test
    func `what the chain refuses is told`() async throws {
        struct Refusing: FakeAnswering {
            let body: String

            func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer? { FakeLedgerAnswer(200, self.body) }
        }
        let refusals = [
            (#"[{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"no such block"}}]"#, "no such block"),
            ("[]", "no result"), ("{}", "cannot be read"), ("<html>", "cannot be read"),
            (#"[{"id":0,"result":"12"}]"#, "cannot be read"), (#"[{"id":1,"result":"0x1"}]"#, "no result"),
        ]
        for (body, reason) in refusals {
            try await FakeServer.run(Refusing(body: body)) { urls in
                let loop = MultiThreadedEventLoopGroup.singleton.any()
                let targets = [try LoadTarget(urls[0])]
                var chain = ChainReader(
                    ExchangeReader(targets: targets, place: 0, loop: loop, timeout: .seconds(9), patience: .zero)
                )
                defer { chain.close() }

                do {
                    _ = try await chain.balances(of: [.zero])
                    Issue.record("\(body) was read")
                } catch {
                    #expect("\(error)".contains(reason))
                    #expect("\(error)".contains("eth_getBalance of the chain"))
                }
            }
        }
    }

    @Test(
        arguments: [
            { $0.phases = [] }, { $0.phases = [.sequence(0)] }, { $0.phases = [.atOnce(10_001)] },
            { $0.phases = [.open(rate: 0, seconds: 1)] }, { $0.phases = [.open(rate: 100_000, seconds: 100)] },
            { $0.repeatShare = 2 }, { $0.connections = 0 }, { $0.connectionLimit = 0 }, { $0.followers = 17 },
            { $0.threads = 0 }, { $0.requestTimeout = .zero }, { $0.timeLimit = .zero },
            { $0.settleWait = .seconds(-1) }, { $0.urls = [] }, { $0.chain = "ftp://x" }, { $0.addresses = 0 },
            { $0.address = "0x70997970C51812dc3A010C7d01b50e0d17dc79c8" }, { $0.address = "0x1" },
        ] as [@Sendable (inout DistributeLoadConfiguration) -> Void]
    )
    func `a setting outside its range is refused`(
        change: @Sendable (inout DistributeLoadConfiguration) -> Void
    ) throws {
        var configuration = DistributeLoadConfiguration()
        configuration.chain = "http://127.0.0.1:8545"
        _ = try configuration.validated()
        _ = try Recipients(configuration)
        change(&configuration)
        do {
            _ = try configuration.validated()
            _ = try Recipients(configuration)
            Issue.record("it was accepted")
        } catch {
            guard case .badArgument = error else { throw error }
        }
    }
}
