import CouponAPI
import Synchronization

/// Looks at a campaign while its coupons are issued: a code that was handed out is listed, and stays listed.
package final class CouponLooks: Sendable {
    private struct State {
        var findings = Findings<CouponViolation>()
        var seen: Set<String> = []
        var count = 0
        var failed = 0
    }

    private let campaign: CouponCampaign
    private let state = Mutex(State())

    package init(_ campaign: CouponCampaign) { self.campaign = campaign }

    /// The violations that were found so far.
    package var findings: Findings<CouponViolation> { self.state.withLock { $0.findings } }

    /// Looks that had an answer, and that had none.
    package var count: Int { self.state.withLock { $0.count } }
    package var failed: Int { self.state.withLock { $0.failed } }

    /// Takes what was listed, and what had been handed out before that was asked for.
    package func look(_ codes: [String], handed: [String]) {
        let listed = Set(codes)
        self.state.withLock { state in
            state.count += 1
            if listed.count > self.campaign.quota {
                state.findings.add(.oversold, "\(listed.count) of \(self.campaign.quota) are listed")
            }
            for code in handed where !listed.contains(code) { state.findings.add(.stale, code) }
            for code in state.seen.subtracting(listed).sorted() { state.findings.add(.vanished, code) }
            state.seen.formUnion(listed)
        }
    }

    /// Looks from time to time until the task is cancelled.
    package func run(_ calls: CouponCalls, _ book: CouponBook, interval: Duration) async {
        var calls = calls
        defer { calls.close() }

        while true {
            // Only a cancellation ends the sleep early, and then there is no more to look at.
            do { try await Task.sleep(for: interval) } catch { return }
            let handed = book.codes
            do throws(LoadError) {
                let told = try await calls.campaign(self.campaign.id)
                self.look(told.couponCodes, handed: handed)
            } catch {
                // A service that is away is looked at in the end.
                self.state.withLock { $0.failed += 1 }
            }
        }
    }

    /// Takes the final list; a code that was seen in the meantime and is not in it is a violation.
    package func end(_ codes: [String]) {
        let listed = Set(codes)
        self.state.withLock { state in
            for code in state.seen.subtracting(listed).sorted() { state.findings.add(.vanished, code) }
        }
    }
}
