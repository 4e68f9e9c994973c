import HTTPTypes
import Hummingbird
package import Web

/// Serves RPC services on a listener: Connect, gRPC-Web and, over HTTP/2, gRPC, told apart by content type.
package struct RPCServer: Sendable {
    private let services: [RPCService]
    private let runner: CallRunner

    /// Health and reflection are served besides `services`; `descriptors` are serialised `FileDescriptorSet`s.
    package init(
        services: [RPCService],
        descriptors: [[UInt8]],
        health: @escaping @Sendable () -> Bool,
        configuration: ConnectConfiguration = ConnectConfiguration(),
        drain: DrainSignal
    ) {
        let names = services.map(\.name) + [HealthService.name] + ReflectionService.names
        let health = HealthService(services: Set(names), health: health, drain: drain)
        // Descriptors from protoc can be read; without them reflection knows names only.
        let index = (try? DescriptorIndex(descriptors + [PackageResources.connect_binpb])) ?? DescriptorIndex()
        // The same bytes: descriptors that cannot be read above cannot be read here.
        let rules = (try? JSONRules(descriptors + [PackageResources.connect_binpb])) ?? JSONRules()
        self.services = services + [health.service] + ReflectionService(services: names, index: index).all
        self.runner = CallRunner(configuration: configuration, drain: drain, rules: rules)
    }

    /// Adds the routes of all methods.
    package func add(to router: inout WebRouter) {
        router.own(OwnedPaths(prefixes: self.services.map { "/\($0.name)/" }, form: CallRefusal.told))
        for service in self.services {
            for method in service.methods { self.add(method, of: service.name, to: &router) }
            // Every other method of the service is unimplemented, for every caller and every protocol.
            let unknown = RPCMethod(
                name: "unknown",
                input: "",
                scope: .open,
                hasNoSideEffects: true,
                work: .unimplemented
            )
            self.add(unknown, of: service.name, path: "/\(service.name)/{method}", to: &router)
        }
    }

    private func add(_ method: RPCMethod, of service: String, path: String? = nil, to router: inout WebRouter) {
        let runner = self.runner
        let path = path ?? "/\(service)/\(method.name)"
        router.on(
            .post,
            path,
            scope: method.scope,
            query: .none,
            effect: method.hasNoSideEffects ? .reads : .changes(),
            isLimited: false,
            refusesItself: true,
            objectsItself: true,
            content: .streamed
        ) { request, context in await runner.post(request, context, service, method) }
        guard method.hasNoSideEffects, method.isUnary else { return }
        router.on(
            .get,
            path,
            scope: method.scope,
            query: .ofProtocol,
            effect: .reads,
            isLimited: false,
            refusesItself: true
        ) { request, context in await runner.get(request, context, service, method) }
    }
}
