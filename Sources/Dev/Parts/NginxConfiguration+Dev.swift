private import Glibc

extension NginxConfiguration {
    /// Of `tally dev`, whose folder is nginx's prefix.
    ///
    /// As root, nginx's workers stay root: the folder may be closed to others.
    package init(_ configuration: DevConfiguration, ports: DevPorts, certificates: DevCertificates? = nil) {
        self.init(
            inside: "127.0.0.1:\(ports.status)",
            instances: ports.instances.map { "127.0.0.1:\($0)" },
            folder: "nginx",
            accessLog: "log/access.log"
        )
        let address = configuration.listenAddress
        self.http = "\(address):\(ports.http)"
        self.grpc = "\(address):\(ports.grpc)"
        self.user = getuid() == 0 ? "root" : ""
        // A watched campaign would keep a worker until it is killed.
        self.stopSeconds = 3
        guard let certificates, let tls = ports.tls else { return }
        self.tls = "\(address):\(tls)"
        self.certificate = certificates.pair("nginx")
        self.instanceTLS = Instances(
            authority: certificates.authority,
            name: DevCertificates.instanceName,
            client: certificates.pair("nginx")
        )
    }
}
