/// The protocol of a caller; one port knows all three.
package enum RPCProtocol: String, CaseIterable, Hashable, Sendable {
    case connect
    case grpc
    case grpcWeb = "grpc_web"
}
