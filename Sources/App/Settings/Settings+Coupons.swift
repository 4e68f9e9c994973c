extension Settings {
    static let codeKeys = Setting(
        "coupons.codeKeys",
        .list,
        default: "",
        "Code keys as VERSION:FILE, version 1 to 8, 64 hexadecimal digits in the file; without one, Redis keeps one"
    )
    static let quotaLimit = Setting(
        "coupons.quotaLimit",
        .integer(1...1_000_000_000),
        default: "1000000000",
        "Most coupons of one campaign"
    )
    static let codesLimit = Setting(
        "coupons.codesLimit",
        .integer(1...10_000_000),
        default: "200000",
        "Most codes in one answer of GetCampaign; beyond it ListCoupons has them by page"
    )
    static let couponWatch = Setting(
        "coupons.watchSeconds",
        .decimal(0.01...60),
        default: "0.2",
        "Time between two looks of a watch at its campaign"
    )
    static let couponStreamLimit = Setting(
        "coupons.streamLimit",
        .integer(1...100_000),
        default: "1024",
        "Open streams of one instance; more are answered unavailable"
    )
    static let couponCallerStreamLimit = Setting(
        "coupons.callerStreamLimit",
        .integer(1...100_000),
        default: "256",
        "Open streams of one API key; more are answered resource_exhausted"
    )
    static let healthStreamLimit = Setting(
        "coupons.healthStreamLimit",
        .integer(1...100_000),
        default: "64",
        "Open streams of health checks and reflection, which ask for no key; they take no place from others"
    )
    static let coupons = [
        Self.codeKeys, Self.quotaLimit, Self.codesLimit, Self.couponWatch, Self.couponStreamLimit,
        Self.couponCallerStreamLimit, Self.healthStreamLimit,
    ]
}
