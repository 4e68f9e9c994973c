import SwiftProtobuf
import Timing
import Web

/// gRPC's health checks: whether this instance wants calls.
///
/// The state of every service is that of the process; the empty name is the process.
struct HealthService: Sendable {
    static let name = "grpc.health.v1.Health"
    private static let pause = Duration.seconds(1)

    /// The names that are asked for with a sensible answer.
    let services: Set<String>
    let health: @Sendable () -> Bool
    let drain: DrainSignal

    var service: RPCService {
        var service = RPCService(Self.name, scope: .open, isOfHealth: true)
        service.unary("Check") { (request: Grpc_Health_V1_HealthCheckRequest, _) in
            let status = self.status(of: request.service)
            guard status != .serviceUnknown else { throw RPCError(.notFound, "this service is not served here") }
            return RPCAnswer(Self.response(status))
        }
        service.serverStream("Watch") { (request: Grpc_Health_V1_HealthCheckRequest, _, writer) in
            var told: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
            while true {
                let status = self.status(of: request.service)
                if status != told { try await writer.write(Self.response(status)) }
                told = status
                try await Task.sleep(for: Self.pause, clock: .loop)
            }
        }
        return service
    }

    private func status(of service: String) -> Grpc_Health_V1_HealthCheckResponse.ServingStatus {
        guard service.isEmpty || self.services.contains(service) else { return .serviceUnknown }
        return self.health() && !self.drain.isDraining ? .serving : .notServing
    }

    private static func response(
        _ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus
    ) -> Grpc_Health_V1_HealthCheckResponse {
        .with { $0.status = status }
    }
}
