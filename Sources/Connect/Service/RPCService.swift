package import HTTPTypes
package import SwiftProtobuf
package import Web

/// A service: its name and its methods, as handlers of typed messages.
///
/// A handler throws ``RPCError``; any other error is `internal` to its caller, without its text.
package struct RPCService: Sendable {
    /// The full name, such as `coupon.v1.CouponService`.
    package let name: String
    /// The scope that callers of its methods need, unless a method says otherwise.
    private let scope: Scope
    /// Whether its streams take the few places of health checks and reflection.
    private let isOfHealth: Bool
    private(set) var methods: [RPCMethod] = []

    package init(_ name: String, scope: Scope) { self.init(name, scope: scope, isOfHealth: false) }

    init(_ name: String, scope: Scope, isOfHealth: Bool) {
        self.name = name
        self.scope = scope
        self.isOfHealth = isOfHealth
    }

    /// The same methods under another name.
    package func named(_ other: String) -> RPCService {
        var service = RPCService(other, scope: self.scope, isOfHealth: self.isOfHealth)
        service.methods = self.methods
        return service
    }

    /// Adds a method with one message each way; without side effects it may be called by GET.
    ///
    /// A costly one is at work off the event loop, and few calls of such at once.
    package mutating func unary<Input: Message, Output: Message>(
        _ method: String,
        scope: Scope? = nil,
        hasNoSideEffects: Bool = false,
        isCostly: Bool = false,
        use handler: @escaping @Sendable (Input, RPCContext) async throws -> RPCAnswer<Output>
    ) {
        self.add(
            method,
            Input.protoMessageName,
            scope,
            hasNoSideEffects,
            .unary { bytes, codec, context in
                let answer = try await handler(try codec.decode(bytes), context)
                return RPCMethod.Encoded(
                    message: try codec.encode(answer.message),
                    headers: answer.headers,
                    trailers: answer.trailers
                )
            },
            isCostly: isCostly
        )
    }

    /// Adds a method that answers one message with many; its handler returns the trailers.
    package mutating func serverStream<Input: Message, Output: Message>(
        _ method: String,
        scope: Scope? = nil,
        hasNoSideEffects: Bool = false,
        use handler: @escaping @Sendable (Input, RPCContext, RPCWriter<Output>) async throws -> HTTPFields
    ) {
        self.add(
            method,
            Input.protoMessageName,
            scope,
            hasNoSideEffects,
            .stream { source, codec, context, sink in
                let input: Input = try codec.decode(try await source.single())
                return try await handler(input, context, RPCWriter(sink: sink, codec: codec))
            },
            hasOneRequest: true
        )
    }

    /// Adds a method that answers many messages with one.
    package mutating func clientStream<Input: Message, Output: Message>(
        _ method: String,
        scope: Scope? = nil,
        use handler: @escaping @Sendable (RPCRequests<Input>, RPCContext) async throws -> RPCAnswer<Output>
    ) {
        self.add(
            method,
            Input.protoMessageName,
            scope,
            false,
            .stream { source, codec, context, sink in
                let answer = try await handler(RPCRequests(source: source, codec: codec), context)
                try await sink.writeHeaders(answer.headers)
                try await sink.write(try codec.encode(answer.message))
                return answer.trailers
            }
        )
    }

    /// Adds a method with many messages each way; its handler returns the trailers.
    package mutating func bidiStream<Input: Message, Output: Message>(
        _ method: String,
        scope: Scope? = nil,
        use handler:
            @escaping @Sendable (RPCRequests<Input>, RPCContext, RPCWriter<Output>) async throws ->
            HTTPFields
    ) {
        self.add(
            method,
            Input.protoMessageName,
            scope,
            false,
            .stream { source, codec, context, sink in
                let requests = RPCRequests<Input>(source: source, codec: codec)
                return try await handler(requests, context, RPCWriter(sink: sink, codec: codec))
            }
        )
    }

    /// Adds a method that is known and never answers.
    package mutating func unimplemented(_ method: String) { self.add(method, "", nil, false, .unimplemented) }

    private mutating func add(
        _ name: String,
        _ input: String,
        _ scope: Scope?,
        _ hasNoSideEffects: Bool,
        _ work: RPCMethod.Work,
        hasOneRequest: Bool = false,
        isCostly: Bool = false
    ) {
        self.methods.append(
            RPCMethod(
                name: name,
                input: input,
                scope: scope ?? self.scope,
                hasNoSideEffects: hasNoSideEffects,
                hasOneRequest: hasOneRequest,
                isCostly: isCostly,
                isOfHealth: self.isOfHealth,
                work: work
            )
        )
    }
}
