extension Settings {
    // MARK: Redis

    package static let redisURL = Setting(
        "redis.url",
        .text,
        default: "redis://127.0.0.1:6379/0",
        "redis://user:password@host:port/db, rediss:// for TLS, or unix:///path?db=0"
    )
    static let redisPasswordFile = Setting(
        "redis.passwordFile",
        .secretFile,
        default: "",
        "File with Redis's password; wins over one in the URL"
    )
    static let redisCAFile = Setting(
        "redis.caFile",
        .file,
        default: "",
        "PEM file of the CA that signed Redis's certificate; empty trusts the system's"
    )
    static let redisCertificateFile = Setting(
        "redis.certificateFile",
        .file,
        default: "",
        "PEM file of our certificate, for a Redis that asks clients for one"
    )
    static let redisKeyFile = Setting("redis.keyFile", .file, default: "", "PEM file of that certificate's key")
    static let redisFlush = Setting(
        "redis.appendFsync",
        .choice([
            "ask": "Redis says so itself, by CONFIG GET, which shows its passwords to who may ask",
            "always": "whoever runs Redis vouches for it", "everysec": "likewise",
        ]),
        default: "ask",
        "How often Redis flushes its append-only file"
    )
    static let redisDeadline = Setting(
        "redis.commandDeadlineSeconds",
        .decimal(0.05...30),
        default: "2",
        "Time for one command, retries included"
    )
    static let redisInFlight = Setting(
        "redis.inFlightLimit",
        .integer(16...1_000_000),
        default: "16384",
        "Commands of one connection that wait for their reply"
    )
    static let clockErrorLimit = Setting(
        "clock.errorLimitSeconds",
        .decimal(0.001...10),
        default: "0.5",
        "Error of Redis's clock as known here at which the process is no longer ready"
    )

    static let redis = [
        Self.redisURL, Self.redisPasswordFile, Self.redisCAFile, Self.redisCertificateFile, Self.redisKeyFile,
        Self.redisFlush, Self.redisDeadline, Self.redisInFlight, Self.clockErrorLimit,
    ]

    // MARK: Uniques

    static let uniquesWindow = Setting(
        "uniques.windowSeconds",
        .integer(1...3600),
        default: "60",
        "Length of a window; all processes must agree"
    )
    static let uniquesGrace = Setting(
        "uniques.graceSeconds",
        .decimal(0.1...30),
        default: "2",
        "How long after its end a window still takes ids that arrived in it"
    )
    static let uniquesStore = Setting(
        "uniques.store",
        .choice([
            "setnx": "a key each", "set": "sharded sets of integers", "hll": "a sketch, whose counts are approximate",
        ]),
        default: "setnx",
        "How ids are kept"
    )
    static let uniquesShards = Setting(
        "uniques.shards",
        .integer(1...65_536),
        default: "2048",
        "Sets a window with the store 'set': about one for 400 ids"
    )
    static let uniquesRetention = Setting(
        "uniques.retentionDays",
        .integer(8...3650),
        default: "31",
        "How long counts are kept"
    )
    static let uniquesDeadline = Setting(
        "uniques.deadlineSeconds",
        .decimal(0.05...5),
        default: "2",
        "How long an id waits for Redis; then 503"
    )
    static let uniquesBatch = Setting(
        "uniques.batchLimit",
        .integer(1...1024),
        default: "256",
        "Ids in one script call"
    )
    static let uniquesWaiting = Setting(
        "uniques.waitingLimit",
        .integer(1...1_000_000),
        default: "8192",
        "Ids of one event loop that wait for Redis; then 503"
    )
    static let reportEndpoints = Setting(
        "uniques.reportEndpoints",
        .list,
        default: "",
        "URLs that get each window's count; trusted, they may lead inside"
    )
    static let reportMethod = Setting(
        "uniques.reportMethod",
        .choice(["POST": "sends JSON", "GET": "merges count=n into the query"]),
        default: "POST",
        "How reports are sent"
    )
    static let callbackMethod = Setting(
        "uniques.callbackMethod",
        .choice(["POST": "sends JSON", "GET": "merges count=n into the query"]),
        default: "POST",
        "The same for the endpoints that callers name"
    )
    static let callbackLimit = Setting(
        "uniques.callbackLimit",
        .integer(1...100_000),
        default: "1000",
        "Callers' endpoints that are owed a callback; more are dropped and counted"
    )
    static let callbackConcurrency = Setting(
        "uniques.callbackConcurrency",
        .integer(1...192),
        default: "64",
        "Callbacks under way at once"
    )
    static let leaseSeconds = Setting(
        "uniques.leaseSeconds",
        .decimal(1...60),
        default: "5",
        "How long the role of closing windows outlives the process that had it"
    )

    static let uniques = [
        Self.uniquesWindow, Self.uniquesGrace, Self.uniquesStore, Self.uniquesShards, Self.uniquesRetention,
        Self.uniquesDeadline, Self.uniquesBatch, Self.uniquesWaiting, Self.reportEndpoints, Self.reportMethod,
        Self.callbackMethod, Self.callbackLimit, Self.callbackConcurrency, Self.leaseSeconds,
    ]

    // MARK: What leaves

    package static let outboundAllow = Setting(
        "outbound.allow",
        .list,
        default: "",
        "Hosts that callers may name, and inside hosts that are opened to them; empty is any public host"
    )
    static let outboundClosed = Setting(
        "outbound.closed",
        .list,
        default: "",
        "Hosts, addresses and ranges that no caller's URL leads to, whatever outbound.allow says"
    )
    static let outboundPorts = Setting(
        "outbound.ports",
        .list,
        default: "",
        "Ports that callers' URLs may have, and those that outbound.allow names; empty is any"
    )
    static let outboundConnect = Setting(
        "outbound.connectTimeoutSeconds",
        .decimal(0.1...60),
        default: "2",
        "Time to connect to an endpoint"
    )
    static let outboundTotal = Setting(
        "outbound.totalTimeoutSeconds",
        .decimal(0.1...120),
        default: "5",
        "Time for one request to an endpoint"
    )
    static let firstBackoff = Setting(
        "outbox.firstBackoffSeconds",
        .decimal(0.05...60),
        default: "1",
        "First wait before a report is tried again; doubles with each try"
    )
    static let longestBackoff = Setting(
        "outbox.longestBackoffSeconds",
        .decimal(0.05...3600),
        default: "300",
        "Longest wait between two tries"
    )
    static let ageLimit = Setting(
        "outbox.ageLimitSeconds",
        .decimal(1...604_800),
        default: "86400",
        "Age at which a report that still fails becomes a dead letter"
    )

    static let outside = [
        Self.outboundAllow, Self.outboundClosed, Self.outboundPorts, Self.outboundConnect, Self.outboundTotal,
        Self.firstBackoff, Self.longestBackoff, Self.ageLimit,
    ]
}
