import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing
import Web

struct HealthTests {
    private static let path = "/grpc.health.v1.Health"

    private func check(_ client: TestClient, _ service: String) async throws -> Answer {
        let body: [UInt8] = try Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }.serializedBytes()
        return try await client.send("\(Self.path)/Check", [.contentType: "application/proto"], body)
    }

    @Test func `a service is as well as its process`() async throws {
        try await TestServer.run(.two) { client, _, drain in
            for service in ["", Echo.name, "old.EchoService", "grpc.health.v1.Health"] {
                let answer = try await self.check(client, service)
                #expect(try answer.message(Grpc_Health_V1_HealthCheckResponse.self).status == .serving)
            }
            #expect(try await self.check(client, "no.Service").code == "not_found")
            drain.begin()
            let answer = try await self.check(client, "")
            #expect(try answer.message(Grpc_Health_V1_HealthCheckResponse.self).status == .notServing)
        }
    }

    @Test(arguments: [
        (Echo.name, Grpc_Health_V1_HealthCheckResponse.ServingStatus.serving), ("no.Service", .serviceUnknown),
    ])
    func `a watch tells the state, and ends when the process stops`(
        service: String,
        status: Grpc_Health_V1_HealthCheckResponse.ServingStatus
    ) async throws {
        try await TestServer.run(.two) { client, _, drain in
            let head = client.request("\(Self.path)/Watch", [.contentType: "application/grpc"])
            try await Exchange.open(.two, port: client.port, head) { exchange in
                let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
                try await exchange.send(try Frame(request).wire)
                try await exchange.endRequest()
                _ = try await exchange.head()
                let first = try await exchange.frame()
                #expect(try first.message(Grpc_Health_V1_HealthCheckResponse.self).status == status)
                drain.begin()
                let rest = try await exchange.rest()
                let answer = Answer(status: 200, fields: [:], body: rest, trailers: exchange.trailers)
                #expect(answer.code == "unavailable")
            }
        }
    }

    /// Asks one thing after another in one stream.
    private func reflect(
        _ client: TestClient,
        _ version: String,
        _ requests: [Grpc_Reflection_V1_ServerReflectionRequest]
    ) async throws -> [Grpc_Reflection_V1_ServerReflectionResponse] {
        var fields: HTTPFields = [.contentType: "application/grpc"]
        fields[.te] = "trailers"
        let answer = try await client.send(
            "/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo",
            fields,
            try requests.flatMap { try Frame($0).wire }
        )
        #expect(answer.code == "ok")
        return try answer.frames.map { try $0.message() }
    }

    @Test(arguments: ["v1", "v1alpha"])
    func `reflection names the services and gives the files behind a name`(version: String) async throws {
        try await TestServer.run(.two) { client, _, _ in
            let answers = try await self.reflect(
                client,
                version,
                [
                    .with { $0.listServices = "" },
                    .with { $0.fileContainingSymbol = "grpc.health.v1.Health.Check" },
                    .with { $0.fileByFilename = "google/rpc/status.proto" },
                    .with { $0.fileContainingSymbol = "no.Such" },
                    .with { $0.allExtensionNumbersOfType = "google.rpc.Status" },
                    .with { $0.host = "here" },
                ]
            )
            #expect(answers.count == 6)
            let services = answers[0].listServicesResponse.service.map(\.name)
            #expect(services.starts(with: [Echo.name, "old.EchoService", "grpc.health.v1.Health"]))
            #expect(services.contains("grpc.reflection.\(version).ServerReflection"))
            let health = try answers[1].fileDescriptorResponse.fileDescriptorProto.map {
                try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name
            }
            #expect(health == ["grpc/health/v1/health.proto"])
            let status = try answers[2].fileDescriptorResponse.fileDescriptorProto.map {
                try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name
            }
            #expect(status == ["google/rpc/status.proto", "google/protobuf/any.proto"])
            #expect(answers[3].errorResponse.errorCode == 5)
            #expect(answers[4].allExtensionNumbersResponse.extensionNumber == [])
            #expect(answers[5].errorResponse.errorCode == 3)
            #expect(answers[5].originalRequest.host == "here")
        }
    }

    @Test func `extensions are found by what they extend`() throws {
        let file = Google_Protobuf_FileDescriptorProto.with {
            $0.name = "a.proto"
            $0.package = "a"
            $0.messageType = [
                .with {
                    $0.name = "Outer"
                    $0.nestedType = [.with { $0.name = "Inner" }]
                    $0.enumType = [
                        .with {
                            $0.name = "Kind"
                            $0.value = [.with { $0.name = "NONE" }]
                        }
                    ]
                    $0.extension = [
                        .with {
                            $0.name = "nested"
                            $0.extendee = ".a.Outer"
                            $0.number = 7
                        }
                    ]
                }
            ]
            $0.extension = [
                .with {
                    $0.name = "own"
                    $0.extendee = ".a.Outer"
                    $0.number = 5
                }
            ]
        }
        let bytes: [UInt8] = try Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }.serializedBytes()
        let index = try DescriptorIndex([bytes, bytes])
        #expect(index.extensionNumbers(of: "a.Outer") == [5, 7])
        #expect(index.extensionNumbers(of: "a.Outer.Inner") == [])
        #expect(index.extensionNumbers(of: "a.No") == nil)
        let whole: [UInt8] = try file.serializedBytes()
        #expect(index.closure(ofExtension: 7, of: "a.Outer") == [whole])
        #expect(index.closure(ofExtension: 6, of: "a.Outer") == nil)
        for name in ["a.Outer.Inner", "a.Outer.Kind", "a.Outer.NONE", "a.own", "a.Outer.nested"] {
            #expect(index.closure(ofSymbol: name) == [whole], "\(name)")
        }
        #expect(index.closure(ofFile: "b.proto") == nil)
    }
}
