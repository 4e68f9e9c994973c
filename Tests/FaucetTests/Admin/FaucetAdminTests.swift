import Coordination
import Ethereum
import EthereumRPC
import Faucet
import JSON
import RESP
import Redis
import Support
import Testing

/// The operator's view of the faucet, and the operator's actions.
@Suite
struct FaucetAdminTests {
    @Test
    func `before there is an era, nothing is known and nothing is told`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let status = try await admin.status()
            #expect(status.era == nil)
            #expect(status.lanes == [])
            #expect(status.text.contains("none"))
            #expect(try await admin.open(limit: 10) == [])
            await #expect(throws: FaucetError.notReady) { try await admin.pause() }
            await #expect(throws: FaucetError.notReady) { try await admin.rebroadcast() }
        }
    }

    @Test
    func `the status tells what each lane has seen, and who has it`() async throws {
        var options = FaucetFixture.still
        options.senders = [0, 1]
        try await FaucetFixture.with(options) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let admissions = try await fixture.admit(count: 5)
            for admission in admissions { try await fixture.untilSubmitted(admission.id) }
            let status = try await admin.status()
            #expect(status.era?.number == 1)
            #expect(status.era?.chain.genesis.text == (try await fixture.chain.genesis()))
            #expect(status.today == 5)
            #expect(status.lanes.count == 2)
            #expect(status.lanes.map(\.open).reduce(0, +) == 5)
            #expect(status.lanes.map { $0.drift ?? 0 }.reduce(0, +) == 5)
            for lane in status.lanes {
                #expect(lane.chainNonce == 0)
                #expect(lane.counter == UInt64(lane.open))
                #expect(lane.balance?.coins == "10000")
                #expect(lane.oldest.map { $0 >= .zero && $0 < .seconds(60) } == true)
                #expect(lane.limit.map { $0 > 9000 && $0 < 10_001 } == true)
                #expect(lane.left == lane.limit.map { $0 - UInt64(lane.open) })
                #expect(!lane.isPaused)
                #expect(lane.fee.hasPrefix("market "))
                let holder = try #require(lane.holder)
                #expect(holder.owner == "worker-0")
                #expect(holder.left > .zero && holder.left <= .seconds(1))
                #expect(lane.seen.map { status.time.milliseconds - $0.milliseconds < 60_000 } == true)
                #expect(status.text.contains("\(lane.sender)"))
            }
            #expect(status.text.contains("10000 coins") && status.text.contains("held by    worker-0"))
            guard case .object(let members) = try JSONParser.parse(Array(status.json.utf8)),
                case .array(let senders) = members["senders"], case .object(let first) = senders.first
            else {
                Issue.record("\(status.json)")
                return
            }
            #expect(members["era"] == .number("1") && members["today"] == .number("5"))
            #expect(first["balance_wei"] == .string("10000000000000000000000"))
            #expect(first["lease_owner"] == .string("worker-0"))
        }
    }

    @Test
    func `a paused sender gets no distributions and sends none, until it is resumed`() async throws {
        try await FaucetFixture.with(FaucetFixture.still) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let sender = try fixture.laneOfEra().sender
            let other = try SenderKey.development(5).address
            #expect(try await admin.pause(other) == [])
            #expect(try await admin.status().lanes.map(\.isPaused) == [false])
            #expect(try await admin.pause(sender) == [sender])
            #expect(try await admin.pause() == [sender])
            await #expect(throws: FaucetError.paused) { try await fixture.admit() }
            #expect(try await admin.status().lanes.map(\.isPaused) == [true])
            #expect(try await admin.status().text.contains("PAUSED"))
            try await eventually("the lane has heard of it") {
                fixture.logs.lines.contains { $0.message == "Lane paused" }
            }
            #expect(try await admin.resume() == [sender])
            let admission = try await fixture.admit()
            try await fixture.mineAll([admission])
            #expect(try await admin.status().lanes.map(\.isPaused) == [false])
        }
    }

    @Test
    func `a rebroadcast sends again what a node has`() async throws {
        try await FaucetFixture.with(FaucetFixture.still) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let admissions = try await fixture.admit(count: 3)
            for admission in admissions { try await fixture.untilSubmitted(admission.id) }
            let sent = try await fixture.chain.received().count
            #expect(sent == 3)
            #expect(try await admin.rebroadcast().count == 1)
            try await eventually("they are sent again") { try await fixture.chain.received().count == 6 }
            let raws = try await fixture.chain.received()
            #expect(Array(raws.prefix(3)) == Array(raws.suffix(3)))
            try await fixture.mineAll(admissions)
        }
    }

    @Test
    func `what is not over stands in the list, by nonce`() async throws {
        try await FaucetFixture.with(FaucetFixture.still) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let admissions = try await fixture.admit(count: 4)
            for admission in admissions { try await fixture.untilSubmitted(admission.id) }
            let items = try await admin.open(limit: 3)
            #expect(items.map(\.id) == admissions.prefix(3).map(\.id))
            #expect(items.map(\.nonce) == [0, 1, 2])
            #expect(items.allSatisfy { $0.state == .submitted && !$0.isCancelled && $0.age < .seconds(60) })
            let first = try await fixture.distribution(admissions[0].id)
            #expect(items[0].hash == first.hash && first.hash != nil)
            #expect(items[0].json.contains("\"id\":\"\(admissions[0].id)\"") && items[0].json.contains("\"nonce\":0"))
            #expect(try await admin.open(of: fixture.laneOfEra().sender, limit: 10).count == 4)
            #expect(try await admin.open(of: .zero, limit: 10) == [])
            try await fixture.mineAll(admissions)
            #expect(try await admin.open(limit: 10) == [])
        }
    }

    @Test
    func `cancelling answers whether it can still help`() async throws {
        try await FaucetFixture.with(FaucetFixture.still) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let mined = try await fixture.admit()
            try await fixture.mineAll([mined])
            #expect(try await admin.cancel(mined.id) == .over(.confirmed))
            #expect(try await admin.cancel(try fixture.faucet.makeID()) == .gone)
            await #expect(throws: FaucetError.idInvalid) { try await admin.cancel("7") }

            let waiting = try await fixture.admit()
            try await fixture.untilSubmitted(waiting.id)
            #expect(try await admin.cancel(waiting.id) == .asked)
            #expect(try await admin.cancel(waiting.id) == .asked)
            #expect(try await admin.open(limit: 1).map(\.isCancelled) == [true])
            try await eventually("its nonce gets another transaction") {
                try await fixture.distribution(waiting.id).hashes.count == 2
            }
        }
    }

    @Test
    func `amounts are told in coins, exactly`() {
        #expect(Wei.zero.coins == "0")
        #expect(Wei(1).coins == "0.000000000000000001")
        #expect(Wei(12_500_000_000_000_000_000).coins == "12.5")
        #expect(Wei(3_000_000_000_000_000_000).coins == "3")
    }
}
