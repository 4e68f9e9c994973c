import Foundation
import Outbound
import Testing

struct TLSTests {
    @Test func `the right name under a known authority is answered`() async throws {
        let files = try Certificates(for: "DNS:localhost")
        let peer = try await Peer("http", "--tls", files.certificate, files.key)
        try await withClient {
            $0.caFile = files.authority
        } body: { (client) async throws in
            #expect(try await client.get("https://localhost:\(peer.port)/").status == 200)
        }
    }

    @Test func `a certificate for another name is refused before anything is sent`() async throws {
        let files = try Certificates(for: "DNS:other.example")
        let peer = try await Peer("http", "--tls", files.certificate, files.key)
        try await withClient {
            $0.caFile = files.authority
        } body: { (client) async throws in
            await #expect(throws: OutboundError.notSent(.tls)) {
                try await client.get("https://localhost:\(peer.port)/")
            }
            #expect(try await peer.counts().requests == 0)
        }
    }

    @Test func `a certificate of an unknown authority is refused`() async throws {
        let files = try Certificates(for: "DNS:localhost")
        let peer = try await Peer("http", "--tls", files.certificate, files.key)
        try await withClient { (client) async throws in
            await #expect(throws: OutboundError.notSent(.tls)) {
                try await client.get("https://localhost:\(peer.port)/")
            }
            #expect(try await peer.counts().requests == 0)
        }
    }
}
