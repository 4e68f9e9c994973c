/// The list of all parts and their addresses, for the person at the terminal.
package struct DevTable: Hashable, Sendable {
    /// The last line is `Tally is ready: ` and the address.
    package let lines: [String]

    ///
    /// `chain` is the local chain that was started.
    package init(_ configuration: DevConfiguration, ports: DevPorts, chain: DevChainProgram? = nil, root: String) {
        let http = "\(configuration.listenAddress):\(ports.http)"
        var rows = [["name", "listens on", "admin port", "log"]]
        rows.append(["nginx", http, "-", "log/nginx.log"])
        rows.append(["nginx (gRPC)", "\(configuration.listenAddress):\(ports.grpc)", "-", "log/nginx.log"])
        rows.append(["nginx (status)", "127.0.0.1:\(ports.status)", "-", "log/nginx.log"])
        if let tls = ports.tls {
            rows.append(["nginx (TLS)", "\(configuration.listenAddress):\(tls)", "-", "log/nginx.log"])
        }
        for (index, port) in ports.instances.enumerated() {
            let name = "instance-\(index + 1)"
            rows.append([name, "127.0.0.1:\(port)", "\(ports.admin[index])", "log/\(name).log"])
        }
        for (index, admin) in ports.admin.dropFirst(ports.instances.count).enumerated() {
            let name = "worker-\(index + 1)"
            rows.append([name, "-", "\(admin)", "log/\(name).log"])
        }
        rows.append(["redis", "127.0.0.1:\(ports.redis)", "-", "log/redis.log"])
        switch (configuration.chain, chain, ports.chain) {
        case (.local, .some, .some(let port)): rows.append(["chain", "127.0.0.1:\(port)", "-", "log/chain.log"])
        case (.url(let url), _, _): rows.append(["chain", url, "-", "-"])
        default: break
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let table = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        let isMissing = configuration.chain == .local && chain == nil
        let note = isMissing ? ["chain: none – run scripts/setup"] : []
        let secure = ports.tls.map { port in
            ["with TLS: curl --cacert \(ShellWord("\(root)/tls/ca.pem")) https://localhost:\(port)/"]
        }
        self.lines = table + note + (secure ?? []) + ["everything in \(root)", "Tally is ready: http://\(http)"]
    }
}
