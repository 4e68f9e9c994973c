import Foundation
import Outbound
import Testing

struct EnvironmentTests {
    /// In a process of its own: the environment of this one belongs to all tests.
    @Test func `proxies of the environment are ignored`() async throws {
        await #expect(processExitsWith: .success) {
            let proxy = try await Peer("http")
            let peer = try await Peer("http")
            let closed = try await Peer("http").port
            let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
            for name in names { unsafe setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
            unsafe setenv("no_proxy", "", 1)
            unsafe setenv("NO_PROXY", "", 1)
            try await withClient { (client) async throws in
                #expect(try await client.get("http://127.0.0.1:\(peer.port)/").status == 200)
                await #expect(throws: OutboundError.notSent(.unreachable)) {
                    try await client.get("https://127.0.0.1:\(closed)/")
                }
            }
            #expect(try await peer.counts().requests == 1)
            #expect(try await proxy.counts().connections == 0)
        }
    }
}
