import Outbound
import Testing

struct TransferTests {
    private func transfer(
        _ method: OutboundRequest.Method = .get,
        trusted: Bool = false,
        bodyLimit: Int? = nil,
        headerLimit: Int = 16_384
    ) throws -> Transfer {
        var configuration = OutboundConfiguration(policy: try EndpointPolicy(allowing: []))
        configuration.headerLimit = headerLimit
        let url = "http://example.com/"
        let endpoint = trusted ? try Endpoint(trusted: url) : Endpoint(unvetted: url, host: "example.com", port: 80)
        let request = OutboundRequest(method, endpoint, bodyLimit: bodyLimit)
        return Transfer(id: 1, request: request, deadline: .now, configuration: configuration)
    }

    private func failure(_ transfer: Transfer, _ end: Transfer.End) -> OutboundError? {
        if case .failure(let error) = transfer.outcome(of: end) { error } else { nil }
    }

    @Test func `what ended before the request began was not sent`() throws {
        #expect(self.failure(try self.transfer(), .timedOut) == .notSent(.timedOut))
        #expect(self.failure(try self.transfer(), .unresolved) == .notSent(.unresolved))
        #expect(self.failure(try self.transfer(), .unreachable) == .notSent(.unreachable))
        let transfer = try self.transfer()
        #expect(transfer.mayBegin(on: .v4(0x0808_0808), port: 80))
        #expect(self.failure(transfer, .timedOut) == .outcomeUnknown(.timedOut))
        #expect(transfer.failure(.cancelled) == .outcomeUnknown(.cancelled))
    }

    @Test func `an address that cannot be read is not connected to, trusted or not`() throws {
        for isTrusted in [true, false] {
            let transfer = try self.transfer(trusted: isTrusted)
            #expect(!transfer.mayConnect(to: nil, port: 80))
            #expect(!transfer.mayBegin(on: nil, port: 80))
            #expect(transfer.blockedCount == 2)
        }
    }

    @Test func `only a repeatable request begins twice`() throws {
        let get = try self.transfer(.get)
        #expect(get.mayBegin(on: .v4(0x0808_0808), port: 80) && get.mayBegin(on: .v4(0x0808_0808), port: 80))
        let post = try self.transfer(.post)
        #expect(post.mayBegin(on: .v4(0x0808_0808), port: 80))
        #expect(!post.mayBegin(on: .v4(0x0808_0808), port: 80))
        #expect(self.failure(post, .stopped) == .outcomeUnknown(.reset))
    }

    /// TCP and libcurl may cut a body anywhere, and where must not change what is kept.
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `cuts do not change what is kept of a body`(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let body = (0..<Int.random(in: 0...200, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
        let limit = Int.random(in: 0...200, using: &random)
        let transfer = try self.transfer(bodyLimit: limit)
        #expect(transfer.received(header: "HTTP/1.1 200 OK\r\n") && transfer.received(header: "\r\n"))
        var rest = body[...]
        var goesOn = true
        while goesOn, !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...40, using: &random))
            rest = rest.dropFirst(piece.count)
            goesOn = transfer.received(body: piece)
        }
        let response = try transfer.outcome(of: goesOn ? .complete : .stopped).get()
        #expect(response.body == Array(body.prefix(limit)))
        #expect(response.isBodyCut == (body.count > limit))
    }

    @Test func `headers are read as they come, and trailers are not headers`() throws {
        let transfer = try self.transfer()
        let lines = [
            "HTTP/1.1 100 Continue\r\n", "X-Interim: 1\r\n", "\r\n", "HTTP/1.1 201 Created\r\n", "Retry-After:  5\r\n",
            "X-Colon: a:b\r\n", "X-Empty:\r\n", "no colon\r\n", "\r\n", "X-Trailer: 1\r\n", "\r\n",
        ]
        for line in lines { #expect(transfer.received(header: line)) }
        let response = try transfer.outcome(of: .complete).get()
        #expect(response.status == 201)
        #expect(response.headers.map(\.name) == ["retry-after", "x-colon", "x-empty"])
        #expect(response.headers.map(\.value) == ["5", "a:b", ""])
    }

    @Test func `headers over their limit end the transfer`() throws {
        let transfer = try self.transfer(headerLimit: 40)
        #expect(transfer.mayBegin(on: .v4(0x0808_0808), port: 80))
        #expect(transfer.received(header: "HTTP/1.1 200 OK\r\n"))
        #expect(!transfer.received(header: "X: \(String(repeating: "x", count: 40))\r\n"))
        #expect(self.failure(transfer, .stopped) == .outcomeUnknown(.malformedResponse))
    }

    @Test func `a status that is none is no answer`() throws {
        for line in ["HTTP/1.1\r\n", "HTTP/1.1 x\r\n", "HTTP/1.1 999 No\r\n", "HTTP/1.1 101 Switching Protocols\r\n"] {
            let transfer = try self.transfer()
            #expect(transfer.mayBegin(on: .v4(0x0808_0808), port: 80))
            #expect(transfer.received(header: line) && transfer.received(header: "\r\n"))
            #expect(self.failure(transfer, .complete) == .outcomeUnknown(.malformedResponse), "\(line)")
        }
    }
}
