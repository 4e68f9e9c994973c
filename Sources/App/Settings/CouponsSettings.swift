package import Connect
import Coordination
package import Coupons
import Secrets

/// All that coupons are told.
package struct CouponsSettings: Sendable {
    package let coupons: CouponsConfiguration
    package let connect: ConnectConfiguration
    package let codeKeys: [CodeKey]

    init(_ values: SettingValues) throws(SettingsError) {
        var coupons = CouponsConfiguration()
        coupons.durability = Durability(rawValue: values.text(Settings.durability)) ?? .local
        coupons.idempotencyKeep = .seconds(values.decimal(Settings.idempotencyHours) * 3600)
        coupons.quotaLimit = Int64(values.integer(Settings.quotaLimit))
        coupons.codesLimit = Int64(values.integer(Settings.codesLimit))
        coupons.watchInterval = values.seconds(Settings.couponWatch)
        coupons.requestDeadline = values.seconds(Settings.requestDeadline)
        coupons.deadline = min(values.seconds(Settings.redisDeadline), values.seconds(Settings.requestDeadline))
        self.coupons = coupons
        var connect = ConnectConfiguration()
        connect.deadline = values.seconds(Settings.requestDeadline)
        connect.concurrentLimit = values.integer(Settings.concurrentRequestLimit)
        connect.costlyLimit = values.integer(Settings.costlyRequestLimit)
        connect.messageLimit = max(1024, values.integer(Settings.bodyLimit))
        connect.streamLimit = values.integer(Settings.couponStreamLimit)
        connect.callerStreamLimit = values.integer(Settings.couponCallerStreamLimit)
        connect.healthStreamLimit = values.integer(Settings.healthStreamLimit)
        self.connect = connect
        self.codeKeys = try Self.keys(values)
    }

    private static func keys(_ values: SettingValues) throws(SettingsError) -> [CodeKey] {
        var keys: [CodeKey] = []
        for source in values.list(Settings.codeKeys) {
            let parts = source.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let version = Int(parts[0]), version >= 1, CodeKey.versions.contains(version) else {
                throw .invalid(
                    name: Settings.codeKeys.name,
                    source: values[Settings.codeKeys].source,
                    wanted: "VERSION:FILE, with versions 1 to 8"
                )
            }
            let path = String(parts[1])
            let bytes: [UInt8]
            do { bytes = try SecretFile.read(path) } catch { throw .fileUnreadable(path: path, reason: "\(error)") }
            guard let key = CodeKey(version: version, text: String(decoding: bytes, as: UTF8.self)) else {
                throw .fileUnreadable(path: path, reason: "it does not hold 64 hexadecimal digits")
            }
            guard !keys.contains(where: { $0.version == version || $0.fingerprint == key.fingerprint }) else {
                throw .inconsistent("coupons.codeKeys names a version or a key twice")
            }
            keys.append(key)
        }
        return keys
    }
}
