import CouponAPI
import Load
import NIOCore
import Testing

/// The whole load against services that break their promise: each way is named.
@Suite(.serialized)
struct CouponsLoadFaultTests {
    private static func expect(
        _ faults: CouponFaults,
        _ violations: Set<CouponViolation>,
        _ change: (inout CouponsLoadConfiguration) -> Void = { _ in }
    ) async throws {
        try await FakeCoupons.run(faults) { _, urls in
            var configuration = CouponsLoadTests.rush(urls)
            configuration.users = 5
            configuration.lookInterval = .zero
            configuration.settleWait = .zero
            change(&configuration)
            let report = try await CouponsLoadTests.run(configuration)
            #expect(Set(report.findings.found.keys) == violations, "\(report.text)")
            #expect(report.exitCode == 1)
            #expect(report.text.contains("FAILED"))
            for violation in violations {
                #expect(report.text.contains("\(violation.sentence); the first: "))
                #expect(report.json.contains("\"\(violation.rawValue)\":"))
            }
        }
    }

    @Test(arguments: [
        (CouponFaults.Fault.reuse, [CouponViolation.handedTwice]), (.unlisted, [.missing]),
        (.extra, [.unexpected]), (.otherUser, [.otherUser]), (.code("ABC"), [.badCode]),
        (
            .refuse("resource_exhausted", 429, "no more coupons available", reason: "SOLD_OUT"),
            [.undersold, .lateIssue]
        ),
        (
            .refuse("failed_precondition", 400, "coupon issuance not started yet", reason: "NOT_STARTED"),
            [.notStarted]
        ),
        (.refuse("failed_precondition", 400, "over", reason: "ENDED"), [.otherRefusal]),
        (.refuse("failed_precondition", 400, "enough", reason: "USER_LIMIT"), [.otherRefusal]),
    ])
    func `a service that is wrong once fails, and the reason is named`(
        fault: CouponFaults.Fault,
        violations: [CouponViolation]
    ) async throws {
        var faults = CouponFaults()
        faults.every = (170, fault)
        try await Self.expect(faults, Set(violations)) {
            Self.pace(&$0)
            ($0.seconds, $0.lookInterval, $0.late) = (1, .zero, 0)
        }
    }

    @Test
    func `a start that is too early or too late is found`() async throws {
        var faults = CouponFaults()
        faults.delay = -2
        try await Self.expect(faults, [.earlyIssue, .earlyTime])
        faults.delay = 0.5
        try await Self.expect(faults, [.notStarted])
    }

    @Test
    func `more or fewer coupons than the quota are found`() async throws {
        var faults = CouponFaults()
        faults.excess = 1
        // The one too many is handed out after all should be gone, or in the rush itself.
        try await Self.expect(faults, [.oversold, .badSequence]) {
            $0.coupons = 150
        }
        faults.excess = -1
        try await Self.expect(faults, [.undersold, .unsold]) {
            $0.coupons = 150
        }
        faults.excess = 0
        faults.falseEnd = 20
        try await Self.expect(faults, [.lateIssue]) {
            $0.coupons = 150
        }
    }

    @Test
    func `limits of users that do not hold are found`() async throws {
        var faults = CouponFaults()
        faults.userExcess = 1
        try await Self.expect(faults, [.overLimit]) { $0.userLimit = 10 }
        faults.userExcess = -1
        try await Self.expect(faults, [.underLimit, .unsold]) {
            $0.userLimit = 10
            $0.seconds = 1
        }
    }

    @Test
    func `replays of another kind than promised are found`() async throws {
        var faults = CouponFaults()
        for (replays, complaint) in [
            (CouponFaults.Replays.changed, "issues had answers that do not fit each other"),
            (.hidden, "issues had answers that do not fit each other"),
            (.forgotten, "issues had answers that do not fit each other"),
        ] {
            faults.replays = replays
            try await FakeCoupons.run(faults) { _, urls in
                var configuration = CouponsLoadTests.configuration(urls)
                configuration.hasRequestIDs = true
                configuration.repeatShare = 0.5
                let report = try await CouponsLoadTests.run(configuration)
                #expect(report.exitCode == 1)
                #expect(report.complaints.contains { $0.contains(complaint) }, "\(report.text)")
                // A coupon for each repeat is one that nobody got.
                if replays == .forgotten { #expect(report.findings.found[.unexpected] != nil) }
            }
        }
    }

    /// Slowly, so that there is time to look.
    private static func pace(_ configuration: inout CouponsLoadConfiguration) {
        configuration.pattern = .seed
        configuration.coupons = 400
        configuration.seconds = 2
        configuration.lookInterval = .milliseconds(50)
    }

    @Test
    func `lists that change or lag behind are found`() async throws {
        var faults = CouponFaults()
        faults.lag = 3
        try await Self.expect(faults, [.stale, .missing, .otherPages]) { Self.pace(&$0) }
        faults.lag = 0
        faults.told = { told, _ in
            if told.couponCodes.count > 50, told.couponCodes.count < 150 { told.couponCodes.append("가가가") }
        }
        try await Self.expect(faults, [.vanished]) { Self.pace(&$0) }
    }

    @Test(arguments: [
        (CouponFaults.Fault.status(500, issues: true), "2 answers were wrong: status 500 without a Connect error"),
        (.refuse("internal", 500, "no", reason: nil), "2 answers were wrong: 500 internal internal without a reason"),
        (
            .refuse("failed_precondition", 429, "no", reason: "SOLD_OUT"),
            "2 answers were wrong: 429 failed_precondition SOLD_OUT"
        ),
        (
            .refuse("resource_exhausted", 429, "too much", reason: "SOLD_OUT"),
            "2 answers were wrong: 429 resource_exhausted SOLD_OUT"
        ),
        (
            .refuse("resource_exhausted", 429, "no more coupons available", reason: nil),
            "2 answers were wrong: 429 resource_exhausted resource_exhausted without a reason"
        ),
        (.body("{}"), "2 answers were wrong: 200 of another form"),
    ])
    func `an answer that there must not be is found`(fault: CouponFaults.Fault, complaint: String) async throws {
        var faults = CouponFaults()
        faults.every = (90, fault)
        try await FakeCoupons.run(faults) { _, urls in
            let report = try await CouponsLoadTests.run(CouponsLoadTests.configuration(urls))
            #expect(report.complaints.first == complaint)
            #expect(report.findings.complaints == [])
            #expect(report.exitCode == 1)
        }
    }
}
