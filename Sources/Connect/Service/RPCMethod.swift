import HTTPTypes
import Web

/// One method of a service, with the types of its messages taken away.
struct RPCMethod: Sendable {
    /// A message in its form on the wire, and what goes with it.
    struct Encoded: Sendable {
        let message: [UInt8]
        let headers: HTTPFields
        let trailers: HTTPFields
    }

    typealias UnaryWork = @Sendable ([UInt8], MessageCodec, RPCContext) async throws -> Encoded
    /// Returns the trailers.
    typealias StreamWork =
        @Sendable (MessageSource, MessageCodec, RPCContext, any MessageSink) async throws ->
        HTTPFields

    enum Work: Sendable {
        case unary(UnaryWork)
        case stream(StreamWork)
        case unimplemented
    }

    let name: String
    /// The full name of the messages of its requests.
    let input: String
    let scope: Scope
    let hasNoSideEffects: Bool
    /// Whether a request is one message, however many come back.
    var hasOneRequest = false
    /// Whether a call of it reads or makes so much that others would feel it.
    var isCostly = false
    /// Whether it is of health or reflection, whose streams have places of their own.
    var isOfHealth = false
    let work: Work

    var isUnimplemented: Bool {
        if case .unimplemented = self.work { true } else { false }
    }

    var isUnary: Bool {
        switch self.work {
        case .unary, .unimplemented: true
        case .stream: false
        }
    }
}
