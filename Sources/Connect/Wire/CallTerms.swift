import HTTPTypes

/// The terms of a call: a caller's demands besides its messages, read from the head of its request.
struct CallTerms: Hashable, Sendable {
    let form: CallForm
    /// How the request's messages are packed, where they are.
    let coding: ContentCoding
    /// How the answer's messages may be packed.
    let answerCoding: ContentCoding
    let timeout: Duration?

    /// The terms of a POST.
    init(_ form: CallForm, _ fields: HTTPFields) throws(RPCError) {
        self.form = form
        let names = form.codingNames
        self.coding = try ContentCoding.named(fields[names.content])
        self.answerCoding = ContentCoding.accepted(fields[values: names.accept], request: self.coding)
        switch form.rpcProtocol {
        case .connect:
            try Self.check(version: fields[.connectProtocolVersion], expected: "1")
            self.timeout = try fields[.connectTimeout].map(CallTimeout.connect)
        case .grpc, .grpcWeb: self.timeout = try fields[.grpcTimeout].map(CallTimeout.grpc)
        }
    }

    /// The terms of a GET.
    init(_ query: CallQuery, _ fields: HTTPFields) throws(RPCError) {
        self.form = CallForm(rpcProtocol: .connect, codec: query.codec, isEnveloped: false)
        self.coding = try ContentCoding.named(query["compression"])
        self.answerCoding = ContentCoding.accepted(fields[values: .acceptEncoding], request: .identity)
        try Self.check(version: query["connect"], expected: "v1")
        self.timeout = try fields[.connectTimeout].map(CallTimeout.connect)
    }

    private static func check(version: String?, expected: String) throws(RPCError) {
        guard version == nil || version == expected else {
            throw RPCError(.invalidArgument, "only version 1 of the Connect protocol is spoken here")
        }
    }
}

extension CallForm {
    /// The names of the header fields that tell of compression.
    var codingNames: (content: HTTPField.Name, accept: HTTPField.Name) {
        switch self.rpcProtocol {
        case .connect where self.isEnveloped: (.connectContentEncoding, .connectAcceptEncoding)
        case .connect: (.contentEncoding, .acceptEncoding)
        case .grpc, .grpcWeb: (.grpcEncoding, .grpcAcceptEncoding)
        }
    }
}
