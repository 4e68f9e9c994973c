import Coupons
import Evidence
import Redis

extension AuditDamage {
    static let ofKeys = [
        AuditDamage("a key of nobody", [.unknownKey]) { try await $0.fixture.send("SET", "tally:{c:1}:strange", "1") },
        AuditDamage("a campaign without a number", [.unknownKey]) {
            try await $0.fixture.send("SET", "tally:{c:first}:campaign", "1")
        },
        AuditDamage("a number with a nought", [.unknownKey]) {
            try await $0.fixture.send("SET", "tally:{c:01}:log", "1")
        },
        AuditDamage("a part too many", [.unknownKey]) {
            try await $0.fixture.send("SET", .text("tally:{c:\($0.leased):16}:log"), "1")
        },
        AuditDamage("a record of an idempotency key without a key", [.unknownKey]) {
            try await $0.fixture.send("SET", "tally:{c:1}:idempotency:", "1")
        },
        AuditDamage("a counter that went back", [.idUnknown]) {
            try await $0.fixture.send("SET", .key(CouponKeys.campaigns), .integer(2))
        },
        AuditDamage("a log without a campaign", [.recordMissing]) {
            try await $0.fixture.send("DEL", .key($0.exactRecord))
        },
        AuditDamage("a leased campaign without a part", [.recordMissing]) {
            try await $0.fixture.send("DEL", .key(CouponKeys.campaign($0.part)))
        },
        AuditDamage("a record that is a string", [.wrongType]) {
            try await $0.fixture.send("SET", .key($0.exactRecord), "1")
        },
        AuditDamage("a part's record that is a string", [.wrongType]) {
            try await $0.fixture.send("SET", .key(CouponKeys.campaign($0.part)), "1")
        },
        AuditDamage("a log that is a string", [.wrongType]) {
            try await $0.fixture.send("SET", .key(CouponKeys.log($0.exact.root)), "1")
        },
        AuditDamage("states of coupons that are a list", [.wrongType]) {
            try await $0.fixture.send("DEL", .key(CouponKeys.coupons($0.exact.root)))
            try await $0.fixture.send("RPUSH", .key(CouponKeys.coupons($0.exact.root)), "1")
        },
        AuditDamage("users that are a set", [.wrongType]) {
            try await $0.fixture.send("DEL", .key(CouponKeys.users($0.part)))
            try await $0.fixture.send("SADD", .key(CouponKeys.users($0.part)), "1")
        },
    ]

    static let ofRecords = [
        AuditDamage("a quota that is no number", [.recordInvalid]) {
            try await $0.set($0.exactRecord, "quota", "many")
        },
        AuditDamage("a quota below nought", [.recordInvalid]) { try await $0.set($0.exactRecord, "quota", "-1") },
        AuditDamage("a counter that no script could count", [.recordInvalid]) {
            try await $0.set(CouponKeys.campaign($0.part), "limit", "9223372036854775807")
        },
        AuditDamage("a part without its limit", [.recordInvalid]) {
            try await $0.drop(CouponKeys.campaign($0.part), "limit")
        },
        AuditDamage("a gift that is no gift", [.recordInvalid]) {
            try await $0.set(CouponKeys.campaign($0.part), "giving", "1 many")
        },
        AuditDamage("a counter ahead of the log", [.counterWrong]) {
            try await $0.set($0.exactRecord, "sequence", "9")
        },
        AuditDamage("a state that nobody asked for", [.counterWrong]) {
            try await $0.set($0.exactRecord, "state", "paused")
        },
        AuditDamage("a change that is not in the log", [.counterWrong]) {
            try await $0.set($0.exactRecord, "revision", "4")
        },
        AuditDamage("a quota that was not raised to", [.counterWrong]) {
            try await $0.set($0.exactRecord, "quota", "13")
            try await $0.set($0.exactRecord, "limit", "13")
        },
        AuditDamage("a limit beyond the quota", [.counterWrong]) { try await $0.set($0.exactRecord, "limit", "13") },
        AuditDamage("a limit of a leased campaign beyond its quota", [.counterWrong]) {
            try await $0.set($0.leasedRecord, "limit", "1001")
        },
        AuditDamage("another key under the version", [.keyWrong]) {
            try await $0.set(CouponKeys.codeKeys, "0", "0123456789abcdef")
        },
        AuditDamage("a campaign of a key that nobody knows", [.keyWrong]) {
            try await $0.set($0.plainRecord, "key", "5:0123456789abcdef")
        },
        AuditDamage("a campaign of no key", [.keyWrong]) { try await $0.set($0.plainRecord, "key", "") },
        AuditDamage("a quota below what was issued", [.overQuota]) {
            try await $0.set($0.plainRecord, "quota", "2")
            try await $0.set($0.plainRecord, "limit", "2")
        },
    ]

    static let ofLeases = [
        AuditDamage("a part with another start", [.partDiffers]) {
            try await $0.set(CouponKeys.campaign($0.part), "start", "5")
        },
        AuditDamage("a part with another limit per user", [.partDiffers]) {
            try await $0.set(CouponKeys.campaign($0.part), "user_limit", "3")
        },
        AuditDamage("a part that was paused by nobody", [.partDiffers]) {
            try await $0.set(CouponKeys.campaign($0.part), "state", "paused")
        },
        AuditDamage("a part that is ahead of its campaign", [.partDiffers]) {
            try await $0.set(CouponKeys.campaign($0.part), "revision", "1")
        },
        AuditDamage("more lent than the parts have", [.unitsWrong]) {
            try await $0.fixture.send("HINCRBY", .key($0.leasedRecord), "sequence", 1)
        },
        AuditDamage("more in a part than was lent", [.unitsWrong]) {
            try await $0.fixture.send("HINCRBY", .key(CouponKeys.campaign($0.part)), "limit", 1)
        },
        AuditDamage("units that a part set aside without having them", [.unitsWrong]) {
            try await $0.set(CouponKeys.campaign($0.part), "gift", "1")
            try await $0.set(CouponKeys.campaign($0.part), "giving", "1 3")
        },
        AuditDamage("a part that issued more than it had", [.overQuota, .unitsWrong]) {
            try await $0.set(CouponKeys.campaign($0.part), "limit", "0")
        },
        AuditDamage("more lent than the quota", [.overQuota, .unitsWrong]) {
            try await $0.set($0.leasedRecord, "sequence", "1001")
        },
        AuditDamage("loans that are a string", [.wrongType]) {
            try await $0.fixture.send("SET", .key(CouponKeys.loans($0.leased)), "1")
        },
        AuditDamage("a loan that the part never asked for", [.loanWrong]) {
            try await $0.set(CouponKeys.loans($0.leased), "\($0.part.part ?? 0)", "7 5")
        },
        AuditDamage("a gift that nobody gave", [.loanWrong]) {
            try await $0.set(CouponKeys.loans($0.leased), "gift:\($0.part.part ?? 0)", "4")
        },
        AuditDamage("a gift of another number than was set aside", [.loanWrong, .unitsWrong]) {
            try await $0.set(CouponKeys.campaign($0.part), "giving", "1 3")
        },
        AuditDamage("a loan to a part that there is not", [.loanWrong]) {
            try await $0.set(CouponKeys.loans($0.leased), "16", "1 5")
        },
        AuditDamage("a loan that is none", [.loanWrong]) {
            try await $0.set(CouponKeys.loans($0.leased), "gift:0", "much")
        },
    ]
}
