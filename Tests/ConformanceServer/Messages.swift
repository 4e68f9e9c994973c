import Connect
import SwiftProtobuf

// The generated names without their package.
typealias BidiStreamRequest = Connectrpc_Conformance_V1_BidiStreamRequest
typealias BidiStreamResponse = Connectrpc_Conformance_V1_BidiStreamResponse
typealias ClientStreamRequest = Connectrpc_Conformance_V1_ClientStreamRequest
typealias ClientStreamResponse = Connectrpc_Conformance_V1_ClientStreamResponse
typealias ConformancePayload = Connectrpc_Conformance_V1_ConformancePayload
typealias ErrorDefinition = Connectrpc_Conformance_V1_Error
typealias Header = Connectrpc_Conformance_V1_Header
typealias IdempotentUnaryRequest = Connectrpc_Conformance_V1_IdempotentUnaryRequest
typealias IdempotentUnaryResponse = Connectrpc_Conformance_V1_IdempotentUnaryResponse
typealias ServerCompatRequest = Connectrpc_Conformance_V1_ServerCompatRequest
typealias ServerCompatResponse = Connectrpc_Conformance_V1_ServerCompatResponse
typealias ServerStreamRequest = Connectrpc_Conformance_V1_ServerStreamRequest
typealias ServerStreamResponse = Connectrpc_Conformance_V1_ServerStreamResponse
typealias StreamDefinition = Connectrpc_Conformance_V1_StreamResponseDefinition
typealias UnaryDefinition = Connectrpc_Conformance_V1_UnaryResponseDefinition
typealias UnaryRequest = Connectrpc_Conformance_V1_UnaryRequest
typealias UnaryResponse = Connectrpc_Conformance_V1_UnaryResponse

/// A request that says what one answer shall be.
protocol UnaryDefined: Message {
    var responseDefinition: UnaryDefinition { get }
    var hasResponseDefinition: Bool { get }
}

extension UnaryRequest: UnaryDefined {}
extension IdempotentUnaryRequest: UnaryDefined {}
extension ClientStreamRequest: UnaryDefined {}

extension UnaryDefined {
    var definition: UnaryDefinition? { self.hasResponseDefinition ? self.responseDefinition : nil }
}

/// An answer that carries a payload.
protocol PayloadCarrier: Message {
    var payload: ConformancePayload { get set }
}

extension UnaryResponse: PayloadCarrier {}
extension IdempotentUnaryResponse: PayloadCarrier {}
extension ClientStreamResponse: PayloadCarrier {}
extension ServerStreamResponse: PayloadCarrier {}
extension BidiStreamResponse: PayloadCarrier {}

extension PayloadCarrier {
    init(_ payload: ConformancePayload) {
        self.init()
        self.payload = payload
    }
}

/// JSON can carry a message in an `Any` only when its type is known.
func registerMessages() {
    let types: [any Message.Type] = [
        BidiStreamRequest.self, ClientStreamRequest.self, ConformancePayload.RequestInfo.self, Header.self,
        IdempotentUnaryRequest.self, ServerStreamRequest.self, UnaryRequest.self,
        Google_Rpc_ErrorInfo.self, Google_Rpc_RetryInfo.self,
    ]
    for type in types { Google_Protobuf_Any.register(messageType: type) }
}
