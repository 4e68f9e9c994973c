import Coordination
import Coupons
import Ethereum
import Evidence
import Faucet
import Ledger
import Payments
import Testing

/// The grammar of keys, and each feature's reading of what it builds.
@Suite
struct KeyNameTests {
    @Test
    func `a key has a tag, a name and mostly a rest`() throws {
        let key = try #require(KeyName("tally:{c:1:5}:idempotency:a:b"))
        #expect(key.tag == "c:1:5" && key.name == "idempotency" && key.rest == "a:b")
        #expect(key.tagged("s07")?.text == "tally:{s07}:idempotency:a:b")
        #expect(key.isOne(of: "tally:{s07}:due", "tally:{c:1:5}:idempotency:a:b") && !key.isOne(of: "tally:{s07}:due"))
        let short = try #require(KeyName("tally:{s07}:due"))
        #expect(short.tag == "s07" && short.name == "due" && short.rest.isEmpty)
        for text in ["", "tally:", "tally:{s07", "tally:{s07}", "tally:{s07}due", "{tally:counts}:lease", "tally:a:b"] {
            #expect(KeyName(text) == nil, "\(text)")
        }
    }

    @Test
    func `one pattern goes by the first letters of all names`() {
        #expect(KeyName.pattern(tags: "s*", of: "tally:{a}:lock:x", "tally:{b}:due") == "tally:{s*}:[dl][ou][ce]*")
        #expect(LedgerKeys.pattern == "tally:{s*}:[aer][cen][cft]*")
        #expect(PaymentKeys.pattern == "tally:{s*}:[lpw][ao][ciy]*")
        #expect(FaucetKeys.pattern == "tally:{faucet}:*" && CouponKeys.pattern == "tally:{c:*")
    }

    @Test
    func `the ledger knows its keys, those that lie elsewhere, and those of nobody`() throws {
        let gopal = try #require(Account(id: "gopal/USD"))
        let shard = gopal.shard
        for key in [LedgerKeys.account(gopal), LedgerKeys.entries(gopal), LedgerKeys.references(gopal)] {
            #expect(LedgerKeys.owner(of: key) == .account(gopal))
            for tag in ["s99", Shard.all[(shard.number + 1) % 64].tag] {
                let moved = try #require(KeyName(key)?.tagged(tag))
                #expect(LedgerKeys.owner(of: moved.text) == .misplaced(gopal))
            }
            for strange in [key + "x", "\(key.dropLast())", key + ":1", key + "/USD", key.lowercased()] {
                #expect(LedgerKeys.owner(of: strange) == nil, "\(strange)")
            }
        }
        #expect(LedgerKeys.owner(of: LedgerKeys.world(shard, .usd)) == .world(shard, .usd))
        #expect(LedgerKeys.owner(of: LedgerKeys.transit(shard, .usd)) == .transit(shard, .usd))
        for key in ["tally:{s99}:account:~world/USD", "tally:{s07}:account:~other/USD", LedgerKeys.lock(gopal)] {
            #expect(LedgerKeys.owner(of: key) == nil, "\(key)")
        }
    }

    @Test
    func `payments know records, locks and queues`() throws {
        let gopal = try #require(Account(id: "gopal/USD"))
        let id = try #require(PaymentID("s07-01KAJ200000000000000000001"))
        let record = PaymentKeys.payment(id.home, id: id.text)
        #expect(PaymentKeys.owner(of: record) == .payment(id))
        let moved = try #require(KeyName(record)?.tagged("s08"))
        #expect(PaymentKeys.owner(of: moved.text) == .misplaced(id))
        #expect(PaymentKeys.owner(of: record + "x") == nil && PaymentKeys.owner(of: "tally:{s07}:payment:hello") == nil)
        #expect(PaymentKeys.owner(of: LedgerKeys.lock(gopal)) == .lock(gopal))
        #expect(PaymentKeys.owner(of: LedgerKeys.waiters(gopal)) == .waiters(gopal))
        let lock = try #require(KeyName(LedgerKeys.lock(gopal))?.tagged("s99"))
        for key in [lock.text, PaymentKeys.open(id.home), PaymentKeys.list(gopal), "tally:{s07}:lock:x", "other"] {
            #expect(PaymentKeys.owner(of: key) == .other, "\(key)")
        }
    }

    @Test
    func `the faucet knows each of its keys, and no other one`() throws {
        let sender = try #require(Address(hex: "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"))
        let lane = LaneName(era: 3, sender: sender)
        let id = "01KAJ200000000000000000001"
        #expect(FaucetKeys.owner(of: FaucetKeys.distribution(id)) == .distribution(id))
        let ofLane = [
            FaucetKeys.nonce(lane), FaucetKeys.lane(lane), FaucetKeys.open(lane), FaucetKeys.bound(lane),
            FaucetKeys.cancels(lane),
        ]
        for key in ofLane { #expect(FaucetKeys.owner(of: key) == .lane(lane), "\(key)") }
        let others = [
            FaucetKeys.list(sender), FaucetKeys.cooldown(sender), FaucetKeys.lease(sender),
            FaucetKeys.leaseToken(sender), FaucetKeys.idempotency(digest: "0f"), FaucetKeys.era, FaucetKeys.senders,
            FaucetKeys.wakes, FaucetKeys.events, FaucetKeys.day, FaucetKeys.chainTrouble,
        ]
        for key in others { #expect(FaucetKeys.owner(of: key) == .other, "\(key)") }
        let strange = [
            FaucetKeys.distribution("hello"), "\(FaucetKeys.nonces):3", FaucetKeys.era + ":1",
            FaucetKeys.idempotency(digest: ""), FaucetKeys.nonce(lane).replacing("3:", with: "03:"),
            "tally:{faucet}:strange:\(lane.text)", "tally:{faucet}:strange:\(sender.lowercased)",
        ]
        for key in strange { #expect(FaucetKeys.owner(of: key) == nil, "\(key)") }
    }

    @Test(arguments: [nil, 0, 15])
    func `coupons know each key of a campaign and of its parts`(part: Int?) throws {
        let id = try #require(CampaignID(7))
        let place = CampaignPlace(campaign: id, part: part)
        #expect(CampaignPlace(place.description) == place)
        #expect(CouponKeys.owner(of: CouponKeys.campaign(place)) == .record(place))
        let others = [
            CouponKeys.log(place), CouponKeys.coupons(place), CouponKeys.users(place),
            CouponKeys.idempotency(place, digest: "0f"),
        ]
        for key in others { #expect(CouponKeys.owner(of: key) == .other(place), "\(key)") }
        #expect(CouponKeys.owner(of: CouponKeys.loans(id)) == .other(id.root))
        for tag in ["c:07", "c:7:16", "c:7:1:1", "c:", "c:first", "d:7", "coupons"] {
            #expect(CouponKeys.owner(of: "tally:{\(tag)}:log") == nil, "\(tag)")
        }
        #expect(CouponKeys.owner(of: CouponKeys.idempotency(place, digest: "")) == nil)
        #expect(CouponKeys.owner(of: CouponKeys.campaign(place) + ":x") == nil)
    }
}
