import HTTPTypes

// The names are constants of ours and valid, so making them cannot fail.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let acceptPost = HTTPField.Name("Accept-Post")!
    static let connectProtocolVersion = HTTPField.Name("Connect-Protocol-Version")!
    static let connectTimeout = HTTPField.Name("Connect-Timeout-Ms")!
    static let connectContentEncoding = HTTPField.Name("Connect-Content-Encoding")!
    static let connectAcceptEncoding = HTTPField.Name("Connect-Accept-Encoding")!
    static let grpcTimeout = HTTPField.Name("grpc-timeout")!
    static let grpcEncoding = HTTPField.Name("grpc-encoding")!
    static let grpcAcceptEncoding = HTTPField.Name("grpc-accept-encoding")!
    static let grpcStatus = HTTPField.Name("grpc-status")!
    static let grpcMessage = HTTPField.Name("grpc-message")!
    static let grpcStatusDetails = HTTPField.Name("grpc-status-details-bin")!
}
