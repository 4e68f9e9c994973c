// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypesHTTP2 = Target.Dependency.product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// Packages that come with others, with a product of each: named so that they are pinned as well.
///
/// SwiftPM warns of a package that no target uses: one uses these on a platform that nobody builds for.
let others: [(path: String, version: Version, product: String)] = [
    ("apple/swift-algorithms", "1.2.1", "Algorithms"), ("apple/swift-asn1", "1.7.4", "SwiftASN1"),
    ("apple/swift-async-algorithms", "1.1.4", "AsyncAlgorithms"), ("apple/swift-atomics", "1.3.0", "Atomics"),
    ("apple/swift-certificates", "1.21.1", "X509"), ("apple/swift-crypto", "4.5.2", "Crypto"),
    ("apple/swift-distributed-tracing", "1.7.3", "Instrumentation"), ("apple/swift-numerics", "1.1.1", "RealModule"),
    ("apple/swift-http-structured-headers", "1.7.0", "StructuredFieldValues"),
    ("apple/swift-nio-transport-services", "1.28.0", "NIOTransportServices"),
    ("apple/swift-service-context", "1.5.1", "ServiceContextModule"),
    ("swift-server/async-http-client", "1.37.0", "AsyncHTTPClient"),
]
let unused = others.map { other in
    let name = String(other.path.split(separator: "/")[1])
    return Target.Dependency.product(name: other.product, package: name, condition: .when(platforms: [.windows]))
}

/// Lua scripts, by their path in the target and without `.lua`, as text in the binary.
func lua(_ names: [String]) -> [Resource] { names.map { .embedInCode("\($0).lua") } }

let package = Package(
    name: "tally",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration.git",
            exact: "1.4.0",
            traits: ["CommandLineArguments"]
        ),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/attaswift/BigInt.git", exact: "6.0.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", exact: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2", traits: []),
    ] + others.map { .package(url: "https://github.com/\($0.path).git", exact: $0.version) },
    targets: [
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CCurl"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CNettle"),
        .systemLibrary(name: "CSecp256k1"),
        .systemLibrary(name: "CZlib"),
        .target(name: "JSON", dependencies: []),
        .target(name: "Secrets", dependencies: [systemPackage]),
        .target(name: "Timing", dependencies: [nioCore, nioPosix]),
        .target(
            name: "TLS",
            dependencies: ["Secrets", "Timing", lifecycle, logging, nioCore, nioPosix, nioSSL, systemPackage]
        ),
        .target(name: "RESP", dependencies: ["CHiredis", nioCore]),
        .target(
            name: "Redis",
            dependencies: [
                "Nettle", "RESP", "TLS", "Timing", deque, lifecycle, logging, metrics, nioCore, nioPosix, nioSSL,
            ]
        ),
        .target(name: "Outbound", dependencies: ["CCurl", lifecycle, logging, metrics]),
        .target(name: "Nettle", dependencies: ["CNettle"]),
        .target(name: "Ethereum", dependencies: ["CSecp256k1", "Nettle", "Secrets", bigInt, systemPackage]),
        .target(
            name: "EthereumRPC",
            dependencies: ["Ethereum", "JSON", "Outbound", "Timing", lifecycle, logging, metrics]
        ),
        .target(name: "Telemetry", dependencies: [coreMetrics, logging]),
        .target(
            name: "Coordination",
            dependencies: [
                "Nettle", "RESP", "Redis", "Timing", deque, lifecycle, logging, metrics, nioCore, systemPackage,
            ],
            resources: lua([
                "AdminLog/admin_log", "AdminLog/admin_log_append", "FencedLock/fenced_lock",
                "FencedLock/lock_release", "FencedLock/lock_renew", "FencedLock/lock_take", "FencedLock/lock_turn",
                "Idempotency/idempotency", "Idempotency/idempotency_forget", "Idempotency/idempotency_note",
                "Lease/lease", "Lease/lease_release", "Lease/lease_renew", "Lease/lease_take", "Outbox/outbox_bury",
                "Outbox/outbox_replay", "WorkQueue/work_queue", "WorkQueue/work_queue_clean",
                "WorkQueue/work_queue_inherit", "WorkQueue/work_queue_leave",
            ])
        ),
        .target(name: "Evidence", dependencies: ["Coordination", "RESP", "Redis", "Timing"]),
        .target(
            name: "Web",
            dependencies: [
                "CZlib", "JSON", "TLS", "Timing", deque, httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
                metrics, nioCore, nioHTTP1, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP1, nioHTTPTypesHTTP2, nioSSL,
                nioTLS,
            ]
        ),
        .target(
            name: "Connect",
            dependencies: [
                "JSON", "Timing", "Web", deque, httpTypes, hummingbird, logging, metrics, nioCore, protobuf,
            ],
            resources: [.embedInCode("Generated/connect.binpb")]
        ),
        .target(
            name: "CouponAPI",
            dependencies: [protobuf],
            resources: [.embedInCode("Generated/coupon.binpb"), .embedInCode("Generated/coupon.proto")]
        ),
        .target(
            name: "Access",
            dependencies: [
                "Coordination", "JSON", "Nettle", "RESP", "Redis", "Timing", "Web", coreMetrics, lifecycle, logging,
            ],
            resources: lua(["Scripts/keys_create", "Scripts/keys_end", "Scripts/keys_read"])
        ),
        .target(
            name: "Uniques",
            dependencies: [
                "Coordination", "Outbound", "RESP", "Redis", "Timing", "Web", coreMetrics, deque, httpTypes,
                hummingbird, lifecycle, logging, metrics, nioCore, nioHTTP1,
            ],
            resources: lua(["Scripts/uniques_accept", "Scripts/uniques_close", "Scripts/uniques_publish"])
        ),
        .target(
            name: "Ledger",
            dependencies: [
                "Coordination", "Evidence", "JSON", "Nettle", "RESP", "Redis", "Timing", "Web", coreMetrics, httpTypes,
                hummingbird, lifecycle, logging, nioCore, nioHTTP1,
            ],
            resources: lua([
                "Scripts/ledger_account", "Scripts/ledger_add", "Scripts/ledger_audit_accounts",
                "Scripts/ledger_audit_world", "Scripts/ledger_entry", "Scripts/ledger_rest",
                "Scripts/ledger_settle",
            ])
        ),
        .target(
            name: "Payments",
            dependencies: [
                "Coordination", "Evidence", "JSON", "Ledger", "Nettle", "Outbound", "RESP", "Redis", "Timing", "Web",
                coreMetrics, httpTypes, hummingbird, lifecycle, logging, metrics, nioCore,
            ],
            resources: lua([
                "Accept/payments_accept", "Accept/payments_cancel", "Audit/payments_audit_flight",
                "Audit/payments_audit_records", "Carry/payment_end", "Carry/payment_money", "Carry/payment_turn",
                "Carry/payments_once", "GiveUp/payment_wait", "GiveUp/payments_attempt", "GiveUp/payments_leave",
                "GiveUp/payments_look", "GiveUp/payments_redrive", "Records/payment", "Split/payments_credit",
                "Split/payments_debit", "Split/payments_final", "Split/payments_hold", "Split/payments_requeue",
            ])
        ),
        .target(
            name: "Faucet",
            dependencies: [
                "Coordination", "Ethereum", "EthereumRPC", "Evidence", "JSON", "Nettle", "Outbound", "RESP", "Redis",
                "Timing", "Web", coreMetrics, deque, httpTypes, hummingbird, lifecycle, logging,
            ],
            resources: lua([
                "Audit/faucet_audit_records", "Scripts/faucet", "Scripts/faucet_admit", "Scripts/faucet_advance",
                "Scripts/faucet_cancel", "Scripts/faucet_choose", "Scripts/faucet_era", "Scripts/faucet_fill",
                "Scripts/faucet_observe", "Scripts/faucet_rebind", "Scripts/faucet_take",
            ])
        ),
        .target(
            name: "Coupons",
            dependencies: [
                "Connect", "Coordination", "CouponAPI", "Evidence", "Nettle", "RESP", "Redis", "Timing", "Web",
                coreMetrics, httpTypes, lifecycle, nioCore, nioHTTP1, protobuf,
            ],
            resources: lua([
                "Audit/coupons_audit_cut", "Scripts/coupons", "Scripts/coupons_change", "Scripts/coupons_create",
                "Scripts/coupons_dry", "Scripts/coupons_give", "Scripts/coupons_given", "Scripts/coupons_issue",
                "Scripts/coupons_lend", "Scripts/coupons_open", "Scripts/coupons_part", "Scripts/coupons_return",
                "Scripts/coupons_take", "Scripts/coupons_use",
            ])
        ),
        .target(name: "OpenAPI", dependencies: [], resources: [.embedInCode("openapi.json")]),
        .target(
            name: "App",
            dependencies: [
                "Access", "CLinux", "Connect", "Coordination", "CouponAPI", "Coupons", "Ethereum", "EthereumRPC",
                "Evidence", "Faucet", "JSON", "Ledger", "OpenAPI", "Outbound", "Payments", "Redis", "Secrets", "TLS",
                "Telemetry", "Timing", "Uniques", "Web", configuration, coreMetrics, httpTypes, hummingbird, lifecycle,
                logging, metrics, nioCore, nioHTTP1, nioPosix, unixSignals,
            ],
            resources: [.embedInCode("Resources/commit")]
        ),
        .target(
            name: "Dev",
            dependencies: [nioCore, nioPosix, subprocess, systemPackage, unixSignals],
            resources: [.embedInCode("Resources/nginx.conf.template")]
        ),
        .target(
            name: "Load",
            dependencies: [
                "CouponAPI", "Ethereum", "JSON", "TLS", deque, histogram, nioCore, nioHTTP1, nioPosix, nioSSL, nioTLS,
                protobuf,
            ]
        ),
        .target(
            name: "CouponClient",
            dependencies: ["CouponAPI", "JSON", "TLS", "Timing", nioCore, nioHTTP1, nioPosix, nioSSL, protobuf]
        ),
        .executableTarget(
            name: "tally",
            dependencies: [
                "App", "CouponAPI", "CouponClient", "Dev", "Evidence", "Load", "Secrets", "TLS", argumentParser,
                protobuf,
                systemPackage,
            ] + unused
        ),

        .target(name: "Support", dependencies: ["JSON", logging, nioCore, nioPosix], path: "Tests/Support"),
        .target(
            name: "AuditSupport",
            dependencies: ["RESP", "Redis", "Support", logging, nioPosix],
            path: "Tests/AuditSupport"
        ),
        .testTarget(name: "RESPTests", dependencies: ["RESP", "Support", nioCore]),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "RESP", "Redis", "Support", "TLS", lifecycle, logging, metrics, nioCore, nioEmbedded, nioPosix,
            ]
        ),
        .testTarget(
            name: "OutboundTests",
            dependencies: ["Outbound", "Support", coreMetrics, lifecycle, logging, metrics, metricsTestKit],
            exclude: ["Peer", "Vectors"]
        ),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", coreMetrics, logging]),
        .testTarget(
            name: "CoordinationTests",
            dependencies: ["Coordination", "RESP", "Redis", "Support", lifecycle, logging, nioCore, nioPosix]
        ),
        .testTarget(
            name: "EvidenceTests",
            dependencies: [
                "Coordination", "Coupons", "Ethereum", "Evidence", "Faucet", "Ledger", "Payments", "RESP", "Redis",
                nioCore,
            ]
        ),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "JSON", "Support", "TLS", "Web", httpTypes, hummingbird, lifecycle, logging, metrics, nioCore, nioHPACK,
                nioHTTP1, nioPosix,
            ]
        ),
        .testTarget(
            name: "AccessTests",
            dependencies: ["Access", "Coordination", "RESP", "Redis", "Support", "Web", logging, nioPosix]
        ),
        .testTarget(
            name: "UniquesTests",
            dependencies: [
                "Coordination", "Outbound", "RESP", "Redis", "Support", "Uniques", "Web", lifecycle, logging, nioCore,
                nioPosix,
            ]
        ),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "AuditSupport", "Coordination", "Evidence", "Ledger", "RESP", "Redis", "Support", lifecycle, logging,
                nioCore, nioPosix,
            ]
        ),
        .testTarget(
            name: "PaymentsTests",
            dependencies: [
                "AuditSupport", "Coordination", "Evidence", "Ledger", "Outbound", "Payments", "RESP", "Redis",
                "Support", "Web", lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ]
        ),
        .testTarget(name: "EthereumTests", dependencies: ["Ethereum", "Support"], exclude: ["Peer", "Vectors"]),
        .testTarget(
            name: "EthereumRPCTests",
            dependencies: [
                "Ethereum", "EthereumRPC", "JSON", "Outbound", "Support", coreMetrics, logging, metricsTestKit, nioCore,
                nioHTTP1, nioPosix,
            ]
        ),
        .testTarget(
            name: "FaucetTests",
            dependencies: [
                "AuditSupport", "Coordination", "Ethereum", "EthereumRPC", "Evidence", "Faucet", "JSON", "Outbound",
                "RESP", "Redis", "Support", "Timing", "Web", lifecycle, logging, nioCore, nioPosix,
            ]
        ),
        .executableTarget(
            name: "conformance-server",
            dependencies: ["Connect", "TLS", "Web", httpTypes, lifecycle, logging, nioPosix, protobuf, unixSignals],
            path: "Tests/ConformanceServer",
            exclude: ["Peer", "all.yaml", "http1.yaml", "proto", "tls.yaml"],
            resources: [.embedInCode("Generated/conformance.binpb")]
        ),
        .testTarget(
            name: "ConnectTests",
            dependencies: [
                "Connect", "JSON", "Support", "Timing", "Web", "conformance-server", coreMetrics, httpTypes, lifecycle,
                logging, metricsTestKit, nioCore, nioHTTP1, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP1,
                nioHTTPTypesHTTP2, nioPosix, protobuf,
            ]
        ),
        .testTarget(
            name: "CouponsTests",
            dependencies: [
                "AuditSupport", "Connect", "Coordination", "CouponAPI", "Coupons", "Evidence", "RESP", "Redis",
                "Support", "Web", lifecycle, logging, nioCore, nioPosix, protobuf,
            ]
        ),
        .testTarget(
            name: "CouponClientTests",
            dependencies: ["CouponAPI", "CouponClient", "Support", nioCore, nioHTTP1, nioPosix, protobuf]
        ),
        .testTarget(name: "ChainTests", dependencies: ["JSON", "Support"]),
        .testTarget(name: "AppTests", dependencies: ["App", "Outbound", "Payments", "Secrets", "Uniques"]),
        .testTarget(
            name: "LoadTests",
            dependencies: [
                "CouponAPI", "Ethereum", "JSON", "Load", "Support", nioCore, nioHTTP1, nioPosix, nioSSL, protobuf,
            ]
        ),
        .testTarget(
            name: "DevTests",
            dependencies: ["Dev", "Support", "Web", hummingbird, lifecycle, logging, nioCore, nioPosix]
        ),
        .testTarget(name: "DeployTests", dependencies: ["Support"], exclude: ["Peer", "Samples"]),
        .testTarget(name: "TidyTests"),
        .testTarget(
            name: "RunnerTests",
            dependencies: ["Support"],
            path: "Tests/Runner",
            exclude: [
                "binary.py", "budget.json", "changed.py", "costs.tsv", "plan.py", "report.py", "run.py",
                "test_runner.py", "unit.py",
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Connect", "CouponAPI", "Support", "tally", protobuf],
            exclude: ["Peer"]
        ),
    ]
)

/// Tests are not shipped, and compile in half the time unoptimized.
///
/// Tests of the tree read it letter by letter.
let unoptimized = settings + [.unsafeFlags(["-Onone"])]
for target in package.targets where target.type != .system {
    let isTest = target.type == .test || target.path?.hasPrefix("Tests/") == true
    target.swiftSettings = isTest && target.name != "TidyTests" ? unoptimized : settings
}
