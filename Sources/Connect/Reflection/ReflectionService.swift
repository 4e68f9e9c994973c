import FoundationEssentials
import HTTPTypes
import SwiftProtobuf
import Web

/// gRPC's server reflection: the services here, and the files that describe them.
struct ReflectionService: Sendable {
    /// Both versions have the same messages on the wire.
    static let names = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]

    let services: [String]
    let index: DescriptorIndex

    /// The service under each of its names.
    var all: [RPCService] {
        var service = RPCService(Self.names[0], scope: .open, isOfHealth: true)
        service.bidiStream("ServerReflectionInfo") {
            (requests: RPCRequests<Grpc_Reflection_V1_ServerReflectionRequest>, _, writer) in
            for try await request in requests { try await writer.write(self.answer(request)) }
            return [:]
        }
        return Self.names.map(service.named)
    }

    func answer(
        _ request: Grpc_Reflection_V1_ServerReflectionRequest
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        .with {
            $0.validHost = request.host
            $0.originalRequest = request
            $0.messageResponse = self.response(to: request.messageRequest)
        }
    }

    private func response(
        to request: Grpc_Reflection_V1_ServerReflectionRequest.OneOf_MessageRequest?
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        switch request {
        case .fileByFilename(let name): Self.files(self.index.closure(ofFile: name))
        case .fileContainingSymbol(let name): Self.files(self.index.closure(ofSymbol: name))
        case .fileContainingExtension(let field):
            Self.files(self.index.closure(ofExtension: field.extensionNumber, of: field.containingType))
        case .allExtensionNumbersOfType(let name):
            if let numbers = self.index.extensionNumbers(of: name) {
                .allExtensionNumbersResponse(
                    .with {
                        $0.baseTypeName = name
                        $0.extensionNumber = numbers
                    }
                )
            } else {
                Self.error(.notFound, "there is no such message here")
            }
        case .listServices:
            .listServicesResponse(
                .with { $0.service = self.services.map { name in .with { $0.name = name } } }
            )
        case nil: Self.error(.invalidArgument, "the request asks for nothing")
        }
    }

    private static func files(
        _ files: [[UInt8]]?
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        guard let files else { return Self.error(.notFound, "nothing here has this name") }
        return .fileDescriptorResponse(.with { $0.fileDescriptorProto = files.map { Data($0) } })
    }

    private static func error(
        _ code: RPCCode,
        _ message: String
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        .errorResponse(
            .with {
                $0.errorCode = Int32(code.number)
                $0.errorMessage = message
            }
        )
    }
}
