/// The content type of a call, read: the protocol, the form of its messages, and whether they are in envelopes.
package struct CallForm: Hashable, Sendable {
    package let rpcProtocol: RPCProtocol
    package let codec: MessageCodec
    /// Only the messages of unary Connect calls stand by themselves.
    package let isEnveloped: Bool

    package init(rpcProtocol: RPCProtocol, codec: MessageCodec, isEnveloped: Bool) {
        self.rpcProtocol = rpcProtocol
        self.codec = codec
        self.isEnveloped = isEnveloped
    }

    /// The form that a request's `Content-Type` names; `nil` for any other media type.
    package init?(contentType values: [String]) {
        guard values.count == 1 else { return nil }
        let parts = values[0].lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard let type = parts.first, type.hasPrefix("application/"),
            parts.dropFirst().allSatisfy({ $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" })
        else { return nil }
        let name = type.dropFirst("application/".count)
        if let codec = MessageCodec(rawValue: String(name)) {
            self.init(rpcProtocol: .connect, codec: codec, isEnveloped: false)
            return
        }
        let ends = name.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let codec = ends.count == 1 ? .proto : MessageCodec(rawValue: String(ends[1])) else { return nil }
        switch ends[0] {
        case "connect" where ends.count == 2: self.init(rpcProtocol: .connect, codec: codec, isEnveloped: true)
        case "grpc": self.init(rpcProtocol: .grpc, codec: codec, isEnveloped: true)
        case "grpc-web": self.init(rpcProtocol: .grpcWeb, codec: codec, isEnveloped: true)
        default: return nil
        }
    }

    /// Whether a method of this kind can be called so.
    package func suits(isUnary: Bool) -> Bool { self.rpcProtocol != .connect || self.isEnveloped != isUnary }

    /// The content type of an answer.
    package var contentType: String {
        switch self.rpcProtocol {
        case .connect: "application/\(self.isEnveloped ? "connect+" : "")\(self.codec.rawValue)"
        case .grpc: "application/grpc+\(self.codec.rawValue)"
        case .grpcWeb: "application/grpc-web+\(self.codec.rawValue)"
        }
    }

    /// The content types that a method of this kind takes, for `Accept-Post`.
    static func contentTypes(isUnary: Bool) -> [String] {
        MessageCodec.allCases.map { CallForm(rpcProtocol: .connect, codec: $0, isEnveloped: !isUnary).contentType }
            + ["application/grpc", "application/grpc+json", "application/grpc+proto"]
            + ["application/grpc-web", "application/grpc-web+json", "application/grpc-web+proto"]
    }
}
