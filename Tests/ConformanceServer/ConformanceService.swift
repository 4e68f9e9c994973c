import Connect
import HTTPTypes
import SwiftProtobuf
import Web

/// The suite's service: each request says what shall be answered, each answer what was received.
enum ConformanceService {
    static func make() -> RPCService {
        var service = RPCService("connectrpc.conformance.v1.ConformanceService", scope: .open)
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

    /// Answers each request as it comes, in full duplex, or all of them after the last one.
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
