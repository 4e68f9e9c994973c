import Coordination
import Redis

extension RedisScript {
    static let couponsIssue = Self.coupons("coupons_issue", PackageResources.coupons_issue_lua)
    static let couponsCreate = Self.coupons("coupons_create", PackageResources.coupons_create_lua)
    static let couponsUse = Self.coupons("coupons_use", PackageResources.coupons_use_lua)
    static let couponsChange = Self.coupons("coupons_change", PackageResources.coupons_change_lua)
    static let couponsDry = Self.coupons("coupons_dry", PackageResources.coupons_dry_lua)
    static let couponsOpen = RedisScript("coupons_open", source: PackageResources.coupons_open_lua)
    static let couponsPart = RedisScript("coupons_part", source: PackageResources.coupons_part_lua)
    static let couponsLend = RedisScript("coupons_lend", source: PackageResources.coupons_lend_lua)
    static let couponsTake = RedisScript("coupons_take", source: PackageResources.coupons_take_lua)
    static let couponsGive = RedisScript("coupons_give", source: PackageResources.coupons_give_lua)
    static let couponsReturn = RedisScript("coupons_return", source: PackageResources.coupons_return_lua)
    static let couponsGiven = RedisScript("coupons_given", source: PackageResources.coupons_given_lua)

    private static func coupons(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name, source: LuaLibrary.idempotency + PackageResources.coupons_lua + source)
    }
}
