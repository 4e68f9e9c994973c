package import Coordination
import FoundationEssentials
package import Ledger
package import Logging
import NIOCore
package import Outbound
package import Redis
import Secrets
package import TLS
package import Uniques
package import Web

/// All that a process is told, as the values that its parts take.
package struct AppConfiguration: Sendable {
    package let instance: String
    package let threads: Int
    package let logLevel: Logger.Level
    package let accessLogSample: Int
    /// Words of the version before that settings were given.
    package let formerWords: [FormerWord]
    package let drainDelay: Duration
    package let drainLimit: Duration
    package var web: WebConfiguration
    /// The certificate and key of the public listener; `nil` speaks no TLS.
    package let tls: TLSFiles?
    package var admin: WebConfiguration
    /// Whether callers need an API key.
    package let needsKeys: Bool
    package let redis: RedisConfiguration
    /// How often Redis flushes, as somebody vouches for; `nil` asks Redis.
    package let vouchedFlush: String?
    package let clockErrorLimit: Duration
    package let uniques: UniquesConfiguration
    package let uniquesLease: Duration
    package let ledger: LedgerConfiguration
    package let commits: CommitPump.Configuration
    package let payments: PaymentsSettings
    package let faucet: FaucetSettings
    package let coupons: CouponsSettings
    package let outbound: OutboundConfiguration

    /// Where this machine's process can be asked for its health.
    package var adminAddress: (host: String, port: Int) {
        let isAny = ["0.0.0.0", "::"].contains(self.admin.host)
        return (isAny ? "127.0.0.1" : self.admin.host, self.admin.port)
    }

    package init(_ values: SettingValues, processName: String, coreCount: Int) throws(SettingsError) {
        let name = values.text(Settings.instance)
        self.instance = name.isEmpty ? processName : name
        guard RequestID.isValid(self.instance) else {
            throw .invalid(
                name: "instance",
                source: values[Settings.instance].source,
                wanted: "1–64 of A–Z a–z 0–9 . _ -"
            )
        }
        let threads = values.integer(Settings.threads)
        self.threads = threads == 0 ? min(max(coreCount, 1), 4) : threads
        guard values.integer(Settings.targetLimit) <= values.integer(Settings.headerFieldLimit) else {
            throw .inconsistent("http.targetLimitBytes must not be larger than http.headerFieldLimitBytes")
        }
        self.logLevel = Logger.Level(rawValue: values.text(Settings.logLevel)) ?? .info
        self.accessLogSample = values.integer(Settings.accessSample)
        self.formerWords = values.formerWords
        self.drainDelay = values.seconds(Settings.drainDelay)
        self.drainLimit = values.seconds(Settings.drainLimit)
        self.web = Self.web(values, host: Settings.host, port: Settings.port)
        self.tls = try Self.tls(
            values,
            certificate: Settings.certificateFile,
            key: Settings.keyFile,
            clientAuthority: Settings.clientCaFile
        )
        var admin = Self.web(values, host: Settings.adminHost, port: Settings.adminPort)
        // Probes and scrapers name it by address.
        admin.allowedHosts = []
        self.admin = admin
        self.needsKeys = values.text(Settings.accessKeys) == "required"
        self.redis = try Self.redis(values, clientName: "tally-\(self.instance)")
        let flush = values.text(Settings.redisFlush)
        self.vouchedFlush = flush == "ask" ? nil : flush
        self.clockErrorLimit = values.seconds(Settings.clockErrorLimit)
        self.uniques = try Self.uniques(values)
        self.uniquesLease = values.seconds(Settings.leaseSeconds)
        self.outbound = try Self.outbound(values)
        self.ledger = try Self.ledger(values)
        self.commits = Self.commits(values)
        self.payments = try PaymentsSettings(values, policy: self.outbound.policy, outbox: self.uniques.outbox)
        self.faucet = try FaucetSettings(values)
        self.coupons = try CouponsSettings(values)
    }

    private static func web(_ values: SettingValues, host: Setting, port: Setting) -> WebConfiguration {
        var web = WebConfiguration(host: values.text(host), port: values.integer(port))
        web.allowedHosts = Set(values.list(Settings.allowedHosts).map { $0.lowercased() })
        web.connectionLimit = values.integer(Settings.connectionLimit)
        web.concurrentRequestLimit = values.integer(Settings.concurrentRequestLimit)
        web.costlyRequestLimit = values.integer(Settings.costlyRequestLimit)
        web.requestDeadline = values.seconds(Settings.requestDeadline)
        web.headDeadline = TimeAmount(values.seconds(Settings.headDeadline))
        web.bodyDeadline = TimeAmount(values.seconds(Settings.bodyDeadline))
        web.idleTimeout = TimeAmount(values.seconds(Settings.idleTimeout))
        web.connectionStreamLimit = values.integer(Settings.connectionStreamLimit)
        web.openStreamLimit = values.integer(Settings.openStreamLimit)
        web.waitingAnswerLimit = values.integer(Settings.waitingAnswerLimit)
        web.connectionAnswerLimit = values.integer(Settings.connectionAnswerLimit)
        web.bodyLimit = values.integer(Settings.bodyLimit)
        web.targetLimit = values.integer(Settings.targetLimit)
        web.headerFieldLimit = values.integer(Settings.headerFieldLimit)
        web.headerListLimit = values.integer(Settings.headerListLimit)
        return web
    }

    private static func tls(
        _ values: SettingValues,
        certificate: Setting,
        key: Setting,
        clientAuthority: Setting? = nil
    ) throws(SettingsError) -> TLSFiles? {
        let authority = clientAuthority.map { values.text($0) }.flatMap { $0.isEmpty ? nil : $0 }
        let files = TLSFiles(
            certificate: values.text(certificate),
            key: values.text(key),
            clientAuthority: authority
        )
        guard files.certificate.isEmpty == files.key.isEmpty else {
            throw .inconsistent("\(certificate.name) and \(key.name) are only of use together")
        }
        guard files.certificate.isEmpty else { return files }
        guard let clientAuthority, authority != nil else { return nil }
        throw .inconsistent("\(clientAuthority.name) is of no use without \(certificate.name)")
    }

    private static func redis(_ values: SettingValues, clientName: String) throws(SettingsError) -> RedisConfiguration {
        var redis: RedisConfiguration
        do { redis = try RedisConfiguration(url: values.text(Settings.redisURL)) } catch {
            throw .invalid(
                name: Settings.redisURL.name,
                source: values[Settings.redisURL].source,
                wanted: Settings.redisURL.summary
            )
        }
        let passwordFile = values.text(Settings.redisPasswordFile)
        if !passwordFile.isEmpty { redis.password = try Self.secret(inFile: passwordFile) }
        let caFile = values.text(Settings.redisCAFile)
        if !caFile.isEmpty { redis.caFile = caFile }
        redis.certificate = try Self.tls(
            values,
            certificate: Settings.redisCertificateFile,
            key: Settings.redisKeyFile
        )
        // An operator who names a CA believes that the way is encrypted.
        guard redis.address.usesTLS || (redis.caFile == nil && redis.certificate == nil) else {
            throw .inconsistent("redis.caFile and redis.certificateFile are only of use with a rediss:// URL")
        }
        redis.clientName = clientName
        redis.commandDeadline = values.seconds(Settings.redisDeadline)
        redis.inFlightLimit = values.integer(Settings.redisInFlight)
        return redis
    }

    private static func uniques(_ values: SettingValues) throws(SettingsError) -> UniquesConfiguration {
        var uniques = UniquesConfiguration()
        uniques.window = .seconds(values.integer(Settings.uniquesWindow))
        uniques.grace = values.seconds(Settings.uniquesGrace)
        uniques.store = .init(rawValue: values.text(Settings.uniquesStore)) ?? .setnx
        uniques.shards = values.integer(Settings.uniquesShards)
        uniques.retention = .seconds(values.integer(Settings.uniquesRetention) * 86_400)
        uniques.deadline = values.seconds(Settings.uniquesDeadline)
        uniques.batchLimit = values.integer(Settings.uniquesBatch)
        uniques.waitingLimit = values.integer(Settings.uniquesWaiting)
        uniques.reportMethod = .init(rawValue: values.text(Settings.reportMethod)) ?? .post
        uniques.callbackMethod = .init(rawValue: values.text(Settings.callbackMethod)) ?? .post
        uniques.callbackLimit = values.integer(Settings.callbackLimit)
        uniques.callbackConcurrency = values.integer(Settings.callbackConcurrency)
        uniques.outbox.firstBackoff = values.seconds(Settings.firstBackoff)
        uniques.outbox.longestBackoff = values.seconds(Settings.longestBackoff)
        uniques.outbox.ageLimit = values.seconds(Settings.ageLimit)
        for text in values.list(Settings.reportEndpoints) {
            do { uniques.reportEndpoints.append(try Endpoint(trusted: text)) } catch {
                throw .invalid(
                    name: Settings.reportEndpoints.name,
                    source: values[Settings.reportEndpoints].source,
                    wanted: "http or https URLs without user information"
                )
            }
        }
        return uniques
    }

    private static func ledger(_ values: SettingValues) throws(SettingsError) -> LedgerConfiguration {
        var ledger = LedgerConfiguration()
        guard let currency = Currency(code: values.text(Settings.currency)) else {
            throw .invalid(
                name: Settings.currency.name,
                source: values[Settings.currency].source,
                wanted: "three capital letters"
            )
        }
        ledger.currency = currency
        ledger.requestDeadline = values.seconds(Settings.requestDeadline)
        ledger.deadline = min(values.seconds(Settings.redisDeadline), ledger.requestDeadline)
        ledger.durability = Durability(rawValue: values.text(Settings.durability)) ?? .local
        ledger.servesUnsafeStore = values.text(Settings.unsafeStore) == "serve"
        ledger.idempotencyKeep = .seconds(values.decimal(Settings.idempotencyHours) * 3600)
        ledger.queueLimit = values.integer(Settings.queueLimit)
        ledger.queueWait = values.seconds(Settings.queueWait)
        ledger.operationKeep = .seconds(values.decimal(Settings.operationDays) * 86_400)
        guard ledger.queueWait < values.seconds(Settings.requestDeadline) else {
            throw .inconsistent("ledger.queueWaitSeconds must be less than http.requestDeadlineSeconds")
        }
        return ledger
    }

    private static func commits(_ values: SettingValues) -> CommitPump.Configuration {
        var commits = CommitPump.Configuration()
        commits.replicas = values.integer(Settings.replicas)
        commits.replicaTimeout = values.seconds(Settings.replicaTimeout)
        return commits
    }

    private static func outbound(_ values: SettingValues) throws(SettingsError) -> OutboundConfiguration {
        var ports: Set<Int> = []
        for text in values.list(Settings.outboundPorts) {
            guard let port = Int(text), (1...65_535).contains(port) else {
                throw Self.invalid(Settings.outboundPorts, values, wanted: "ports from 1 to 65535")
            }
            ports.insert(port)
        }
        let (allowed, closed) = (values.list(Settings.outboundAllow), values.list(Settings.outboundClosed))
        let wanted = "hosts as host, host:port, *.domain, an address or a range of addresses"
        // By itself first: whose entry is wrong is to be said.
        guard (try? EndpointPolicy(allowing: allowed)) != nil else {
            throw Self.invalid(Settings.outboundAllow, values, wanted: wanted)
        }
        let policy: EndpointPolicy
        do { policy = try EndpointPolicy(allowing: allowed, closing: closed, ports: ports) } catch {
            throw Self.invalid(Settings.outboundClosed, values, wanted: wanted)
        }
        var outbound = OutboundConfiguration(policy: policy)
        outbound.connectTimeout = values.seconds(Settings.outboundConnect)
        outbound.totalTimeout = values.seconds(Settings.outboundTotal)
        return outbound
    }

    private static func invalid(_ setting: Setting, _ values: SettingValues, wanted: String) -> SettingsError {
        .invalid(name: setting.name, source: values[setting].source, wanted: wanted)
    }

    /// The first line of a file, which must hold something.
    private static func secret(inFile path: String) throws(SettingsError) -> String {
        let line: String?
        do { line = try SecretFile.firstLine(path) } catch { throw .fileUnreadable(path: path, reason: "\(error)") }
        guard let line else { throw .fileUnreadable(path: path, reason: "it is empty") }
        return line
    }
}
