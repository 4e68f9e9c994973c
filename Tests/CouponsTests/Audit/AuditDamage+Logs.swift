import Coupons
import Evidence
import RESP
import Redis
import Testing

extension AuditDamage {
    static let ofLogs = [
        AuditDamage("an entry of a strange kind", [.entryInvalid]) {
            try await $0.add($0.exact.root, "4-4", ["kind", "strange", "at", "1"])
        },
        AuditDamage("an entry with a field too many", [.entryInvalid]) {
            try await $0.fixture.edit($0.plain.root, "2-0") { $0.words += ["note", ""] }
        },
        AuditDamage("an issue where none can stand", [.entryInvalid]) {
            try await $0.add($0.plain.root, "3-1", ["kind", "issued", "user", "", "at", "1"])
        },
        AuditDamage("an issue of a lender", [.entryInvalid]) {
            try await $0.add($0.leased.root, "0-1", ["kind", "issued", "user", "", "at", "1"])
        },
        AuditDamage("a pause in a part", [.entryInvalid]) {
            let last = try #require(try await $0.fixture.lines($0.part).last?.id.split(separator: "-").first)
            try await $0.add($0.part, "\(last)-1", ["kind", "paused", "at", "1"])
        },
        AuditDamage("an entry taken out", [.entryMissing, .changeWrong, .counterWrong]) {
            try await $0.fixture.send("XDEL", .key(CouponKeys.log($0.exact.root)), "3-1")
        },
        AuditDamage("an issue taken out", [.hole]) {
            try await $0.fixture.send("XDEL", .key(CouponKeys.log($0.plain.root)), "2-0")
        },
        AuditDamage("the last issue taken out", [.counterWrong]) {
            try await $0.fixture.send("XDEL", .key(CouponKeys.log($0.plain.root)), "3-0")
        },
        AuditDamage("a part's issue taken out", [.counterWrong, .usersWrong]) {
            let last = try #require(try await $0.fixture.lines($0.part).last?.id)
            try await $0.fixture.send("XDEL", .key(CouponKeys.log($0.part)), .text(last))
        },
        AuditDamage("a log that is gone", [.counterWrong]) {
            try await $0.fixture.send("DEL", .key(CouponKeys.log($0.plain.root)))
        },
        AuditDamage("a sequence for which there is no code", [.codeWrong, .counterWrong, .hole, .overQuota]) {
            let scene = $0
            try await scene.fixture.rewrite(scene.plain.root) { $0[2].id = "\(Int64(1) << 41)-0" }
        },
        AuditDamage("a pause of what is paused", [.changeWrong, .counterWrong, .whilePaused]) {
            try await $0.edit($0.exact.root, "3-2", "kind", "paused")
        },
        AuditDamage("a quota that fell", [.changeWrong, .counterWrong]) {
            try await $0.edit($0.exact.root, "4-1", "quota", "3")
        },
        AuditDamage("a quota that no number is beyond", [.changeWrong, .counterWrong]) {
            let scene = $0
            try await scene.edit(scene.exact.root, "4-1", "quota", "9223372036854775807")
            try await scene.add(scene.exact.root, "4-4", ["kind", "raised", "quota", "12", "at", "1"])
            try await scene.set(scene.exactRecord, "revision", "4")
            try await scene.set(scene.exactRecord, "quota", "13")
        },
    ]

    static let ofIssues = [
        AuditDamage("an issue before the start", [.early]) { try await $0.edit($0.plain.root, "1-0", "at", "1") },
        AuditDamage("an issue at the end", [.late]) { scene in
            let end = try await scene.fixture.send("HGET", .key(scene.plainRecord), "end").string
            try await scene.edit(scene.plain.root, "3-0", "at", end ?? "")
        },
        AuditDamage("a part's issue before the start", [.early]) { scene in
            let first = try #require(try await scene.fixture.lines(scene.part).first?.id)
            try await scene.edit(scene.part, first, "at", "1")
        },
        AuditDamage("an issue between a pause and its end", [.whilePaused]) {
            try await $0.fixture.rewrite($0.exact.root) { lines in
                // 3-1 paused, 3-2 resumed, 4-0 issued, 4-1 raised, 4-2 redeemed, 4-3 voided
                lines.swapAt(4, 5)
                for (offset, id) in ["4-0", "4-1", "4-2", "4-3", "4-4"].enumerated() { lines[offset + 4].id = id }
            }
        },
        AuditDamage("an issue beyond the quota of its time", [.overQuota, .counterWrong]) { scene in
            try await scene.fixture.rewrite(scene.exact.root) { lines in
                // The raise, to less, comes before the last issue.
                lines[6]["quota"] = "3"
                lines.swapAt(5, 6)
                for (offset, id) in ["3-3", "4-0", "4-1", "4-2"].enumerated() { lines[offset + 5].id = id }
            }
        },
        AuditDamage("an issue to nobody where users have a limit", [.anonymous, .usersWrong]) {
            try await $0.edit($0.exact.root, "4-0", "user", "")
        },
        AuditDamage("a coupon more than a user may have", [.userLimit]) {
            try await $0.edit($0.exact.root, "3-0", "user", "gopal")
            try await $0.set(CouponKeys.users($0.exact.root), "gopal", "3")
            try await $0.drop(CouponKeys.users($0.exact.root), "asha")
        },
        AuditDamage("a user in two parts", [.userDivided, .usersWrong]) { scene in
            let user = try #require(try await scene.fixture.lines(scene.parts[0]).first?["user"])
            let line = try #require(try await scene.fixture.lines(scene.parts[1]).first)
            try await scene.edit(scene.parts[1], line.id, "user", user)
            try await scene.set(CouponKeys.users(scene.parts[1]), user, "1")
            try await scene.drop(CouponKeys.users(scene.parts[1]), line["user"] ?? "")
        },
        AuditDamage("a user with fewer than were issued", [.usersWrong]) {
            try await $0.set(CouponKeys.users($0.exact.root), "gopal", "1")
        },
        AuditDamage("a user with more than were issued", [.usersWrong]) {
            try await $0.set(CouponKeys.users($0.exact.root), "asha", "2")
        },
        AuditDamage("a user to whom nothing was issued", [.usersWrong]) {
            try await $0.set(CouponKeys.users($0.part), "ghost", "1")
        },
        AuditDamage("users where none are counted", [.usersWrong]) {
            try await $0.set(CouponKeys.users($0.plain.root), "ghost", "1")
        },
    ]

    static let ofUses = [
        AuditDamage("a use of a coupon that was not issued", [.couponUnknown]) {
            try await $0.edit($0.exact.root, "4-2", "coupon", "9")
        },
        AuditDamage("a use of a coupon below the first", [.couponUnknown]) {
            try await $0.edit($0.exact.root, "4-2", "coupon", "-9223372036854775808")
        },
        AuditDamage("a use of a coupon that was passed over", [.couponUnknown, .hole, .usersWrong]) {
            try await $0.fixture.rewrite($0.exact.root) { lines in
                lines.remove(at: 2)
                lines[6]["coupon"] = "3"
            }
        },
        AuditDamage("a coupon that was used twice", [.usedTwice]) {
            try await $0.edit($0.exact.root, "4-3", "coupon", "1")
        },
        AuditDamage("a coupon that somebody else redeemed", [.otherUser]) { scene in
            let entry = try await scene.fixture.lines(scene.exact.root).first { $0.id == "4-2" }
            try await scene.edit(scene.exact.root, "4-2", "user", "asha")
            let state = "redeemed \(entry?["at"] ?? "") asha"
            try await scene.set(CouponKeys.coupons(scene.exact.root), "1", state)
        },
        AuditDamage("a redemption at another time than its entry's", [.couponWrong]) {
            try await $0.set(CouponKeys.coupons($0.exact.root), "1", "redeemed 5 gopal")
        },
        AuditDamage("a state that was forgotten", [.couponWrong]) {
            try await $0.drop(CouponKeys.coupons($0.exact.root), "2")
        },
        AuditDamage("a coupon that was voided without an entry", [.couponWrong]) {
            try await $0.set(CouponKeys.coupons($0.part), "1", "voided 5 ")
        },
        AuditDamage("states of something else", [.couponWrong]) {
            try await $0.set(CouponKeys.coupons($0.plain.root), "one", "voided 5 ")
        },
    ]
}
