import Connect
import HTTPTypes
import SwiftProtobuf

/// The suite's service: each request says what shall be answered, each answer what was received.
enum ConformanceService {
    static func make() -> RPCService {
        var service = RPCService("connectrpc.conformance.v1.ConformanceService")
        service.unary("Unary") { (request: UnaryRequest, context) in
            try await Self.answer(request.definition, [request], context) as RPCAnswer<UnaryResponse>
        }
        service.unary("IdempotentUnary", hasNoSideEffects: true) { (request: IdempotentUnaryRequest, context) in
            try await Self.answer(request.definition, [request], context) as RPCAnswer<IdempotentUnaryResponse>
        }
        service.clientStream("ClientStream") { (requests: RPCRequests<ClientStreamRequest>, context) in
            var all: [ClientStreamRequest] = []
            for try await request in requests { all.append(request) }
            return try await Self.answer(all.first?.definition, all, context) as RPCAnswer<ClientStreamResponse>
        }
        service.serverStream("ServerStream") {
            (request: ServerStreamRequest, context, writer: RPCWriter<ServerStreamResponse>) in
            guard request.hasResponseDefinition else { return [:] }
            let stream = StreamAnswer(request.responseDefinition, writer)
            try await stream.begin()
            return try await stream.finish([request], context)
        }
        service.bidiStream("BidiStream") {
            (requests: RPCRequests<BidiStreamRequest>, context, writer: RPCWriter<BidiStreamResponse>) in
            try await Self.converse(requests, context, writer)
        }
        service.unimplemented("Unimplemented")
        return service
    }

    private static func answer<Response: PayloadCarrier>(
        _ definition: UnaryDefinition?,
        _ requests: [any Message],
        _ context: RPCContext
    ) async throws -> RPCAnswer<Response> {
        let info = try Echo.info(requests, context)
        guard let definition else { return RPCAnswer(Response(.with { $0.requestInfo = info })) }
        let headers = Echo.fields(definition.responseHeaders)
        let trailers = Echo.fields(definition.responseTrailers)
        try await Task.sleep(for: .milliseconds(definition.responseDelayMs))
        if case .error(let error) = definition.response {
            throw Echo.error(error, info, headers: headers, trailers: trailers)
        }
        let payload = ConformancePayload.with { payload in
            payload.data = definition.responseData
            payload.requestInfo = info
        }
        return RPCAnswer(Response(payload), headers: headers, trailers: trailers)
    }

    /// Full duplex: an answer to each request as it comes. Half duplex: all answers after the last request.
    private static func converse(
        _ requests: RPCRequests<BidiStreamRequest>,
        _ context: RPCContext,
        _ writer: RPCWriter<BidiStreamResponse>
    ) async throws -> HTTPFields {
        var first: BidiStreamRequest?
        var stream: StreamAnswer<BidiStreamResponse>?
        var unanswered: [BidiStreamRequest] = []
        for try await request in requests {
            unanswered.append(request)
            if first == nil {
                first = request
                guard request.hasResponseDefinition else { continue }
                stream = StreamAnswer(request.responseDefinition, writer)
                try await stream?.begin()
            }
            guard first?.fullDuplex == true else { continue }
            guard try await stream?.next(unanswered, context) == true else { break }
            unanswered = []
        }
        return try await stream?.finish(unanswered, context) ?? [:]
    }
}

/// The answers of one stream, in the order that was asked for.
private final class StreamAnswer<Response: PayloadCarrier> {
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

    /// Sends one message, when there is one left. Only the first one tells of headers and time-out.
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
