package import Coordination
import Outbound
package import Payments
import Secrets

/// All that payments are told.
package struct PaymentsSettings: Sendable {
    package let payments: PaymentsConfiguration
    package let queue: WorkQueue.Configuration
    package let webhooks: [WebhookSecret]
    package let outbox: OutboxMachine.Configuration
    package let failpoints: [Failpoints.Rule]

    init(_ values: SettingValues, policy: EndpointPolicy, outbox: OutboxMachine.Configuration) throws(SettingsError) {
        self.webhooks = try Self.secrets(values.text(Settings.webhookSecretFile))
        var payments = PaymentsConfiguration(policy: policy)
        payments.steps = .init(rawValue: values.text(Settings.paymentSteps)) ?? .whole
        payments.durability = Durability(rawValue: values.text(Settings.durability)) ?? .local
        payments.idempotencyKeep = .seconds(values.decimal(Settings.idempotencyHours) * 3600)
        payments.lease = values.seconds(Settings.paymentLease)
        payments.deliveryLimit = values.integer(Settings.deliveryLimit)
        payments.queueLimit = values.integer(Settings.paymentQueueLimit)
        payments.accountLimit = values.integer(Settings.paymentAccountLimit)
        payments.keep = .seconds(values.decimal(Settings.paymentDays) * 86_400)
        payments.watchLimit = values.integer(Settings.watchLimit)
        payments.callerWatchLimit = values.integer(Settings.callerWatchLimit)
        payments.signsCallbacks = !self.webhooks.isEmpty
        self.payments = payments
        var queue = WorkQueue.Configuration()
        queue.reclaimAfter = payments.lease
        queue.reclaimInterval = min(queue.reclaimInterval, payments.lease / 2)
        self.queue = queue
        self.outbox = outbox
        self.failpoints = try values.list(Settings.failpoints).map { text throws(SettingsError) in
            guard let rule = Failpoints.Rule(text) else {
                throw .invalid(
                    name: Settings.failpoints.name,
                    source: values[Settings.failpoints].source,
                    wanted: "point=drop, point=kill or point=sleep:<ms>, each with @<pass> or without"
                )
            }
            return rule
        }
    }

    /// One secret a line; a complaint never shows the line.
    private static func secrets(_ path: String) throws(SettingsError) -> [WebhookSecret] {
        guard !path.isEmpty else { return [] }
        let bytes: [UInt8]
        do { bytes = try SecretFile.read(path) } catch { throw .fileUnreadable(path: path, reason: "\(error)") }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let secrets = lines.compactMap { try? WebhookSecret(String($0)) }
        guard !secrets.isEmpty, secrets.count == lines.count else {
            throw .fileUnreadable(path: path, reason: "a line is not whsec_ and the base64 of 24 to 64 bytes")
        }
        return secrets
    }
}
