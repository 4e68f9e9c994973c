import ArgumentParser
import Dev

struct NginxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nginx",
        abstract: "Print a whole configuration of nginx for instances on this or other machines.",
        discussion: """
            tally nginx --listen 0.0.0.0:80 --tls-listen 0.0.0.0:443 --certificate tally.pem --key tally.key \
            --host tally.example.com --redirect https://tally.example.com \
            --instance 10.0.0.4:8081 --instance 10.0.0.5:8081 --rate 100 >nginx.conf

            Try it with nginx -t -c "$PWD/nginx.conf"; run it with nginx -c "$PWD/nginx.conf", which stays in the \
            foreground. Give absolute paths.
            """
    )

    @Option(help: "An instance, as HOST:PORT; may be repeated.")
    var instance: [String] = []

    @Option(help: "ADDRESS:PORT for HTTP/1.1 without TLS; empty for none.")
    var listen = "127.0.0.1:8080"

    @Option(help: "ADDRESS:PORT for HTTP/2 without TLS, which gRPC needs.")
    var grpcListen = ""

    @Option(help: "ADDRESS:PORT for HTTP/1.1, HTTP/2 and gRPC with TLS.")
    var tlsListen = ""

    @Option(help: "PEM file of the certificate and its chain.")
    var certificate: String?

    @Option(help: "PEM file of the certificate's key.")
    var key: String?

    @Option(help: "This service's name, which a request of HTTP/1.0 that names no host is for.")
    var host = "localhost"

    @Option(help: "Where requests without TLS are sent: https://NAME or https://NAME:PORT.")
    var redirect = ""

    @Option(help: "How long browsers shall insist on TLS; 0 for not at all. 31536000 is usual.")
    var hstsSeconds = 0

    @Option(help: "PEM file of the CA that vouches for the instances: they are spoken to with TLS.")
    var instanceCa: String?

    @Option(help: "The name in the instances' certificates, with --instance-ca.")
    var instanceName = ""

    @Option(help: "PEM file of the certificate that nginx shows to instances, with --instance-ca.")
    var clientCertificate: String?

    @Option(help: "PEM file of that certificate's key.")
    var clientKey: String?

    @Option(help: "Requests a second that one client address may make; 0 for any number.")
    var rate = 0

    @Option(help: "How many more may come at once.")
    var burst = 200

    @Option(help: "Requests of one client address that may be open at once.")
    var open = 500

    @Option(help: "A proxy in front whose X-Forwarded-For is believed: an address or a range; may be repeated.")
    var trusted: [String] = []

    @Option(help: "ADDRESS:PORT of /healthz, /metrics and /stub_status.")
    var status = "127.0.0.1:8089"

    @Option(help: "User, and group behind it, as whom workers run when nginx is started as root.")
    var user = ""

    @Option(help: "Worker processes.")
    var workers = 2

    @Option(help: "Seconds that a stop waits for what is under way.")
    var stopSeconds = 20

    @Option(help: "The folder where nginx may write its pid and what it buffers.")
    var folder = "/tmp"

    @Option(help: "The file of the access log, which is made of JSON lines.")
    var accessLog = "/dev/stdout"

    func run() throws {
        var nginx = NginxConfiguration(
            inside: self.status,
            instances: self.instance,
            folder: self.folder,
            accessLog: self.accessLog
        )
        nginx.http = self.listen
        nginx.grpc = self.grpcListen
        nginx.tls = self.tlsListen
        nginx.certificate = try Self.pair(self.certificate, self.key, "--certificate", "--key")
        nginx.host = self.host
        nginx.redirect = self.redirect
        nginx.hstsSeconds = self.hstsSeconds
        nginx.trusted = self.trusted
        if self.rate != 0 { nginx.limit = .init(rate: self.rate, burst: self.burst, open: self.open) }
        let client = try Self.pair(self.clientCertificate, self.clientKey, "--client-certificate", "--client-key")
        if let authority = self.instanceCa {
            nginx.instanceTLS = .init(authority: authority, name: self.instanceName, client: client)
        } else if client != nil || !self.instanceName.isEmpty {
            throw ValidationError("--instance-name and --client-certificate are of no use without --instance-ca")
        }
        nginx.user = self.user
        nginx.workers = self.workers
        nginx.stopSeconds = self.stopSeconds
        do { try nginx.validate() } catch { throw ValidationError("\(error)") }
        print(nginx.text, terminator: "")
    }

    private static func pair(
        _ certificate: String?,
        _ key: String?,
        _ certificateOption: String,
        _ keyOption: String
    ) throws -> NginxConfiguration.Pair? {
        switch (certificate, key) {
        case (.some(let certificate), .some(let key)): return .init(certificate: certificate, key: key)
        case (nil, nil): return nil
        default: throw ValidationError("\(certificateOption) and \(keyOption) belong together")
        }
    }
}
