import Dev
import Glibc
import NIOCore

/// Where nginx listens.
struct NginxEntry {
    let http: Int
    let grpc: Int
}

/// An upstream for as long as the body runs.
func withUpstream<Result>(
    _ behaviour: FakeUpstream.Behaviour,
    _ body: (FakeUpstream) async throws -> Result
) async throws -> Result {
    let upstream = try await FakeUpstream.start(behaviour)
    do {
        let result = try await body(upstream)
        try await upstream.stop()
        return result
    } catch {
        try await upstream.stop()
        throw error
    }
}

/// nginx itself in front of them, with the configuration that we ship.
func withNginx<Result: Sendable>(
    upstreams: [Int],
    edit: (String) -> String = { $0 },
    _ body: (NginxEntry) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let directory = try DevDirectory.open(folder, fresh: false)
        let entry = NginxEntry(http: try await freePort(), grpc: try await freePort())
        let text = NginxConfiguration.text(
            listen: "127.0.0.1:\(entry.http)",
            grpc: "127.0.0.1:\(entry.grpc)",
            instances: upstreams,
            isRoot: getuid() == 0
        )
        try directory.write(edit(text), to: "nginx/nginx.conf")
        var configuration = DevConfiguration(port: entry.http)
        configuration.readyDeadline = .seconds(30)
        let children = DevChildren(
            configuration,
            ports: DevPorts(http: entry.http, grpc: entry.grpc, redis: 1, instances: [], admin: []),
            programs: .init(redis: "", nginx: try Programs.find("nginx", package: "nginx"), tally: ""),
            root: directory.path
        ).all.filter { $0.name == "nginx" }
        return try await withSupervisor(of: children) { try await body(entry) }
    }
}
