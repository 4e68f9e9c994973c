import Connect
import HTTPTypes
import SwiftProtobuf

/// The answers of one stream, in the order that was asked for.
final class StreamAnswer<Response: PayloadCarrier> {
    private let definition: StreamDefinition
    private let writer: RPCWriter<Response>
    private var sent = 0

    init(_ definition: StreamDefinition, _ writer: RPCWriter<Response>) {
        self.definition = definition
        self.writer = writer
    }

    /// Headers go out before anything is waited for.
    func begin() async throws {
        try await self.writer.writeHeaders(Echo.fields(self.definition.responseHeaders))
    }

    /// Sends one message, when there is one left.
    ///
    /// Only the first one tells of headers and time-out.
    func next(_ requests: [any Message], _ context: RPCContext) async throws -> Bool {
        guard self.sent < self.definition.responseData.count else { return false }
        var payload = ConformancePayload()
        payload.data = self.definition.responseData[self.sent]
        if self.sent == 0 {
            payload.requestInfo = try Echo.info(requests, context)
        } else if !requests.isEmpty {
            payload.requestInfo.requests = try Echo.anys(requests)
        }
        try await Task.sleep(for: .milliseconds(self.definition.responseDelayMs))
        try await self.writer.write(Response(payload))
        self.sent += 1
        return true
    }

    /// Sends what is left, and says how the stream ends.
    func finish(_ requests: [any Message], _ context: RPCContext) async throws -> HTTPFields {
        var requests = requests
        while try await self.next(requests, context) { requests = [] }
        let trailers = Echo.fields(self.definition.responseTrailers)
        guard self.definition.hasError else { return trailers }
        let info = self.sent == 0 ? try Echo.info(requests, context) : nil
        throw Echo.error(self.definition.error, info, trailers: trailers)
    }
}
