/// Every setting there is.
///
/// `docs/configuration.md` lists the same.
package enum Settings {
    package static let all: [Setting] =
        Self.process + Self.http + Self.access + Self.redis + Self.money + Self.payments + Self.faucet + Self.lane
        + Self.coupons
        + Self.uniques + Self.outside

    // MARK: The process

    static let instance = Setting("instance", .text, default: "", "Name of this process in logs; made when empty")
    static let threads = Setting("threads", .integer(0...64), default: "0", "Event loops; 0 is one a core, 4 at most")
    static let logLevel = Setting(
        "log.level",
        .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        default: "info",
        "Least level of log lines"
    )
    static let accessSample = Setting(
        "log.accessSample",
        .integer(0...1_000_000),
        default: "1000",
        "One request in this many is logged; 0 logs none; defects (5xx but 503) are always logged"
    )
    static let drainDelay = Setting(
        "drain.delaySeconds",
        .decimal(0...60),
        default: "2",
        "After SIGTERM: not ready, but serving on"
    )
    static let drainLimit = Setting(
        "drain.limitSeconds",
        .decimal(1...300),
        default: "15",
        "After that delay: time to finish what runs, then the process ends all the same"
    )

    private static let process = [
        Self.instance, Self.threads, Self.logLevel, Self.accessSample, Self.drainDelay, Self.drainLimit,
    ]

    // MARK: HTTP

    static let host = Setting("host", .text, default: "127.0.0.1", "Address of the public listener")
    static let port = Setting("port", .integer(0...65_535), default: "8081", "Port of the public listener; 0 takes any")
    static let adminHost = Setting("admin.host", .text, default: "127.0.0.1", "Address of the admin listener")
    static let adminPort = Setting(
        "admin.port",
        .integer(0...65_535),
        default: "9091",
        "Port of the admin listener; 0 takes any"
    )
    static let allowedHosts = Setting(
        "http.allowedHosts",
        .list,
        default: "",
        "Names that Host may carry, without port; empty accepts any"
    )
    static let connectionLimit = Setting(
        "http.connectionLimit",
        .integer(16...100_000),
        default: "4096",
        "Open connections; more wait in the listen queue, and those that only wait are closed"
    )
    static let concurrentRequestLimit = Setting(
        "http.concurrentRequestLimit",
        .integer(1...100_000),
        default: "512",
        "Routed requests at work at once; more are answered 503"
    )
    static let costlyRequestLimit = Setting(
        "http.costlyRequestLimit",
        .integer(1...1000),
        default: "4",
        "Costly requests at work at once; 16 times as many wait, and more are answered 503"
    )
    static let requestDeadline = Setting(
        "http.requestDeadlineSeconds",
        .decimal(0.1...60),
        default: "5",
        "Time for a request; then 503"
    )
    static let headDeadline = Setting(
        "http.headDeadlineSeconds",
        .decimal(0.1...60),
        default: "10",
        "Time for a whole request head; then the connection is closed"
    )
    static let bodyDeadline = Setting(
        "http.bodyDeadlineSeconds",
        .decimal(0.1...60),
        default: "5",
        "Time for a whole request body; then 408"
    )
    static let idleTimeout = Setting(
        "http.idleTimeoutSeconds",
        .decimal(0.1...3600),
        default: "75",
        "Silence after which a connection, or a body of gRPC, is closed; longer than the proxy keeps it"
    )
    static let connectionStreamLimit = Setting(
        "http.connectionStreamLimit",
        .integer(1...1000),
        default: "128",
        "Streams of one HTTP/2 connection at once; more are refused"
    )
    static let openStreamLimit = Setting(
        "http.openStreamLimit",
        .integer(16...1_000_000),
        default: "4096",
        "HTTP/2 streams of one instance at once; more are refused unprocessed"
    )
    static let waitingAnswerLimit = Setting(
        "http.waitingAnswerBytes",
        .integer(1_048_576...17_179_869_184),
        default: "67108864",
        "Bytes of answers that may wait for clients to take them; then those that make no progress are given up"
    )
    static let connectionAnswerLimit = Setting(
        "http.connectionAnswerBytes",
        .integer(65_536...1_073_741_824),
        default: "16777216",
        "Bytes of answers that wait on one HTTP/2 connection; then a further answer is given up, ENHANCE_YOUR_CALM"
    )
    static let bodyLimit = Setting(
        "http.bodyLimitBytes",
        .integer(0...16_777_216),
        default: "16384",
        "Most bytes of a request body; then 413"
    )
    static let targetLimit = Setting(
        "http.targetLimitBytes",
        .integer(256...8192),
        default: "2048",
        "Most bytes of a request target; then 414"
    )
    static let headerFieldLimit = Setting(
        "http.headerFieldLimitBytes",
        .integer(1024...65_536),
        default: "8192",
        "Most bytes of one header field; then 400"
    )
    static let headerListLimit = Setting(
        "http.headerListLimitBytes",
        .integer(2048...131_072),
        default: "16384",
        "Most bytes of all header fields; then 400"
    )

    static let certificateFile = Setting(
        "http.certificateFile",
        .file,
        default: "",
        "PEM file of the public listener's certificate and its chain; empty speaks no TLS"
    )
    static let keyFile = Setting(
        "http.keyFile",
        .file,
        default: "",
        "PEM file of that certificate's key; for its owner alone"
    )
    static let clientCaFile = Setting(
        "http.clientCaFile",
        .file,
        default: "",
        "PEM file of the CA that signs clients' certificates; empty asks them for none"
    )

    private static let http = [
        Self.host, Self.port, Self.certificateFile, Self.keyFile, Self.clientCaFile, Self.adminHost, Self.adminPort,
        Self.allowedHosts, Self.connectionLimit, Self.concurrentRequestLimit, Self.costlyRequestLimit,
        Self.requestDeadline,
        Self.headDeadline, Self.bodyDeadline, Self.idleTimeout,
        Self.connectionStreamLimit, Self.openStreamLimit, Self.waitingAnswerLimit, Self.connectionAnswerLimit,
        Self.bodyLimit,
        Self.targetLimit, Self.headerFieldLimit, Self.headerListLimit,
    ]
}
