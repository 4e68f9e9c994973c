import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing

/// A message in the binary form may be cut anywhere between two fields and still be a message.
struct BrokenOffTests {
    @Test(arguments: HTTPVersion.allCases, [false, true])
    func `a request that breaks off is not carried out`(version: HTTPVersion, isSized: Bool) async throws {
        try await TestServer.run(version) { client, echo, _ in
            let whole: [UInt8] = try note("first", "second").serializedBytes()
            let half: [UInt8] = try note("first").serializedBytes()
            #expect(whole.starts(with: half))
            var fields: HTTPFields = [.contentType: "application/proto"]
            if isSized { fields[.contentLength] = String(whole.count) }
            for hangsUp in [false, true, false, true] {
                try await Exchange.open(version, port: client.port, client.request("/\(Echo.name)/Put", fields)) {
                    try await $0.send(half)
                    if hangsUp { try await $0.hangUp() }
                }
            }
            // Another call has its answer, so those before it have been looked at.
            let after = try await client.unary("Put", note("whole"))
            #expect(after.status == 200)
            #expect(echo.seen == ["whole"])
        }
    }
}
