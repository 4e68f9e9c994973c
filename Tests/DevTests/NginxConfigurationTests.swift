import Dev
import Glibc
import NIOCore
import NIOPosix
import Support
import Synchronization
import Testing

/// nginx itself, with the configuration that we ship, in front of upstreams that answer or die.
@Suite
struct NginxConfigurationTests {
    private let accept = "GET /api/verve/accept?id=1 HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n"
    private let distribute = "GET /distribute?address=0x1 HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n"
    private let keyedDistribute =
        "GET /distribute?address=0x1 HTTP/1.1\r\nHost: tally\r\nIdempotency-Key: a\r\nConnection: close\r\n\r\n"
    private let post = "POST /payments HTTP/1.1\r\nHost: tally\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    private let keyedPost =
        "POST /payments HTTP/1.1\r\nHost: tally\r\nIdempotency-Key: \"a\"\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\n{}"
    private let postedDistribute =
        "POST /distribute?address=0x1 HTTP/1.1\r\nHost: tally\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    private let distribution = "GET /distributions/1?wait=30 HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n"
    private let issue =
        "POST /coupon.v1.CouponService/IssueCoupon HTTP/1.1\r\nHost: tally\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\n{}"
    private let keyedIssue =
        "POST /couponpb.CouponService/IssueCoupon HTTP/1.1\r\nHost: tally\r\nIdempotency-Key: a\r\n"
        + "Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    private let readingCall =
        "POST /couponpb.CouponService/GetCampaign HTTP/1.1\r\nHost: tally\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\n{}"
    private let watch =
        "POST /coupon.v1.CouponService/WatchCampaign HTTP/1.1\r\nHost: tally\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\n{}"
    private let gotCall =
        "GET /coupon.v1.CouponService/GetCampaign?message=e30 HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n"
    private let delete = "DELETE /payments/1 HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n"

    private static let rounds = 8
    private static let large = String(repeating: " ", count: 16_500)

    private func isSuccess(_ answer: String) -> Bool { answer.hasPrefix("HTTP/1.1 200") }

    @Test
    func `a request that may be repeated survives an instance that dies in the middle of it`() async throws {
        let repeated = [
            self.accept, self.keyedPost, self.keyedDistribute, self.distribution, self.keyedIssue, self.readingCall,
            self.watch, self.gotCall,
        ]
        for request in repeated {
            let outcome = try await self.run(request, answering: .killing)
            #expect(outcome.successes == Self.rounds, "\(request)")
            #expect(outcome.firstHits > 0 && outcome.secondHits == Self.rounds, "\(request)")
        }
    }

    @Test
    func `a request that may not be repeated is sent once`() async throws {
        for request in [self.post, self.distribute, self.postedDistribute, self.delete, self.issue] {
            let outcome = try await self.run(request, answering: .killing)
            #expect(outcome.firstHits > 0 && outcome.secondHits > 0, "\(request)")
            #expect(outcome.firstHits + outcome.secondHits == Self.rounds, "\(request)")
            #expect(outcome.successes == outcome.secondHits, "\(request)")
            #expect(outcome.failure.hasPrefix("HTTP/1.1 503"))
            #expect(outcome.failure.contains("Retry-After: 1"))
            let isCall = request == self.issue
            #expect(outcome.failure.contains(isCall ? #"{"code":"unavailable","# : "/problems/deadline-exceeded"))
        }
    }

    /// As a Service of Kubernetes is, whose address stands for all instances.
    @Test
    func `one name that stands for several instances is asked again, where that is harmless`() async throws {
        try await withUpstream(.killingHalf) { upstream in
            try await withNginx(upstreams: [upstream.port]) { entry in
                for request in [self.accept, self.keyedPost, self.keyedDistribute, self.readingCall] {
                    let before = upstream.hits
                    let answer = try await exchange(request, port: entry.http)
                    #expect(self.isSuccess(answer) && upstream.hits == before + 2, "\(request)")
                }
                for request in [self.post, self.distribute, self.postedDistribute, self.issue] {
                    let before = upstream.hits
                    let answer = try await exchange(request, port: entry.http)
                    #expect(answer.hasPrefix("HTTP/1.1 503") && upstream.hits == before + 1, "\(request)")
                    // The next one is to be killed again.
                    _ = try await exchange(self.delete, port: entry.http)
                }
            }
        }
    }

    @Test
    func `an instance that is away costs nobody an accept or a POST`() async throws {
        for request in [self.accept, self.post, self.keyedPost, self.postedDistribute, self.issue] {
            let outcome = try await self.run(request, answering: .refusing)
            #expect(outcome.successes == Self.rounds, "\(request)")
        }
    }

    @Test
    func `whoever waits for coins, or watches a campaign, may wait longer than others`() async throws {
        try await withUpstream(.late(.milliseconds(1500))) { upstream in
            // Shorter than in the template, with the same difference.
            let shorten = { (text: String) in
                text.replacing("proxy_read_timeout 7s;", with: "proxy_read_timeout 100ms;")
            }
            try await withNginx(upstreams: [upstream.port], edit: shorten) { entry in
                let patient = [
                    self.distribute, self.keyedDistribute, self.postedDistribute, self.distribution, self.watch,
                ]
                for request in patient {
                    let answer = try await exchange(request, port: entry.http)
                    #expect(self.isSuccess(answer), "\(request)")
                }
                let impatient = try await exchange(self.post, port: entry.http)
                #expect(impatient.hasPrefix("HTTP/1.1 503"))
            }
        }
    }

    @Test
    func `no instance at all is a 503 with a time to come back`() async throws {
        let port = try freePort()
        try await withNginx(upstreams: [port]) { entry in
            let accepted = try await exchange(self.accept, port: entry.http)
            #expect(accepted.hasPrefix("HTTP/1.1 503") && accepted.hasSuffix("failed"))
            #expect(accepted.contains("Content-Type: text/plain") && accepted.contains("Retry-After: 1"))
            let posted = try await exchange(self.post, port: entry.http)
            #expect(posted.hasPrefix("HTTP/1.1 503") && posted.contains("Content-Type: application/problem+json"))
        }
    }

    @Test
    func `the target reaches the instance as it was sent`() async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port]) { entry in
                for target in ["//api/verve/accept?id=1", "/a/../b?x=%2F%20", "/%61pi/verve/accept", "/users/a%2Fb?"] {
                    _ = try await exchange(
                        "GET \(target) HTTP/1.1\r\nHost: a.example:81\r\nConnection: close\r\n\r\n",
                        port: entry.http
                    )
                    let seen = upstream.lastRequest
                    #expect(seen.hasPrefix("GET \(target) HTTP/1.1\r\n"))
                    #expect(seen.contains("\r\nHost: a.example:81\r\n") && !seen.contains("Connection: close"))
                }
            }
        }
    }

    @Test
    func `a request id is taken when well formed and made when not`() async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port]) { entry in
                for (given, isTaken) in [("a-Z_0.9", true), ("a b", false), (String(repeating: "a", count: 65), false)]
                {
                    _ = try await exchange(
                        "GET / HTTP/1.1\r\nHost: tally\r\nX-Request-Id: \(given)\r\nConnection: close\r\n\r\n",
                        port: entry.http
                    )
                    let id = upstream.lastRequest.firstMatch(of: #/\r\nX-Request-Id: ([^\r]*)\r\n/#)?.1 ?? ""
                    #expect((id == given) == isTaken)
                    #expect(id.contains(#/^[A-Za-z0-9._-]{1,64}$/#))
                }
            }
        }
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/3.7\r\nHost: a\r\n\r\n", "400"),
            ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"), ("TRACE /payments HTTP/1.1\r\nHost: a\r\n\r\n", "501"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16500\r\nConnection: close\r\n\r\n" + Self.large, "413"),
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", "414"),
            ("GET / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "a", count: 9000))\r\n\r\n", "400"),
            ("GET /.tally/malformed-request HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "404"),
        ]
    )
    func `what nginx refuses by itself is a problem document`(request: String, status: String) async throws {
        try await withNginx(upstreams: [try freePort()]) { entry in
            let answer = try await exchange(request, port: entry.http)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Content-Type: application/problem+json"))
            #expect(answer.contains("\r\nCache-Control: no-store\r\n") && answer.contains("\r\nX-Request-Id: "))
            #expect(answer.contains("\"status\":\(status),") && answer.contains("\"request_id\":\""))
            #expect(!answer.contains("nginx/"))
        }
    }

    @Test func `a request of HTTP 1 0 without a host reaches an instance as one for this service`() async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port], change: { nginx, _ in nginx.host = "tally.example:81" }) {
                entry in
                for (fields, host) in [("", "tally.example:81"), ("Host: other:1\r\n", "other:1")] {
                    let request = "GET /api/verve/accept?id=1 HTTP/1.0\r\n\(fields)\r\n"
                    let answer = try await exchange(request, port: entry.http)
                    #expect(self.isSuccess(answer) && answer.hasSuffix("ok"), "\(answer)")
                    #expect(upstream.lastRequest.contains("\r\nHost: \(host)\r\n"), "\(upstream.lastRequest)")
                }
            }
        }
    }

    // MARK: Parts

    private struct Outcome {
        var successes = 0
        var firstHits = 0
        var secondHits = 0
        var failure = ""
    }

    /// Sends the request some times to a pair of upstreams, of which the second one always answers.
    private func run(_ request: String, answering behaviour: FakeUpstream.Behaviour) async throws -> Outcome {
        try await withUpstream(behaviour) { first in
            try await withUpstream(.answering) { second in
                try await withNginx(upstreams: [first.port, second.port]) { entry in
                    var outcome = Outcome()
                    for _ in 0..<Self.rounds {
                        let answer = try await exchange(request, port: entry.http)
                        if self.isSuccess(answer) { outcome.successes += 1 } else { outcome.failure = answer }
                    }
                    outcome.firstHits = first.hits
                    outcome.secondHits = second.hits
                    return outcome
                }
            }
        }
    }
}
