import Dev
import Foundation
import NIOCore
import Support

/// Where nginx listens.
struct NginxEntry {
    let http: Int
    let grpc: Int
    /// Where it may listen with TLS.
    let tls: Int
    let status: Int
    /// nginx's prefix, where its files are.
    let prefix: String
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

extension DevPorts {
    fileprivate var withoutInstances: DevPorts {
        var ports = self
        ports.instances = []
        return ports
    }
}

/// nginx itself in front of them, with the configuration that we ship.
func withNginx<Result: Sendable>(
    upstreams: [Int],
    change: (inout NginxConfiguration, NginxEntry) async throws -> Void = { _, _ in },
    edit: (String) -> String = { $0 },
    _ body: (NginxEntry) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let directory = try DevDirectory.open(folder, fresh: false)
        let entry = NginxEntry(
            http: try freePort(),
            grpc: try freePort(),
            tls: try freePort(),
            status: try freePort(),
            prefix: directory.path
        )
        var configuration = DevConfiguration(port: entry.http, tlsPort: entry.tls)
        configuration.readyDeadline = .seconds(30)
        let ports = DevPorts(
            http: entry.http,
            grpc: entry.grpc,
            tls: entry.tls,
            status: entry.status,
            redis: 1,
            instances: upstreams,
            admin: []
        )
        var nginx = NginxConfiguration(configuration, ports: ports)
        try await change(&nginx, entry)
        try nginx.validate()
        try directory.write(edit(nginx.text), to: "nginx/nginx.conf")
        let children = DevChildren(
            configuration,
            ports: ports.withoutInstances,
            programs: .init(redis: "", nginx: try Programs.find("nginx", package: "nginx"), tally: ""),
            root: directory.path
        ).all.filter { $0.name == "nginx" }
        return try await withSupervisor(of: children) { try await body(entry) }
    }
}

/// The complaint of nginx about `nginx.conf` of the folder; nothing when it takes it.
func nginxComplaint(folder: String) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try Programs.find("nginx", package: "nginx"))
    process.arguments = ["-t", "-p", folder, "-c", "nginx.conf", "-e", "stderr"]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? "" : String(decoding: said, as: UTF8.self)
}
