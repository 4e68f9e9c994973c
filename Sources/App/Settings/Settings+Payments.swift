extension Settings {
    static let paymentSteps = Setting(
        "payments.steps",
        .choice(
            Choices(
                [
                    "whole": "one worker does all of it in one script, on one Redis that is no Cluster",
                    "split": "one worker takes the locks, another moves the money, a shard at a time, on a Cluster too",
                ],
                former: ["one-step": "whole", "one-script": "whole", "two-shard": "split"]
            )
        ),
        default: "whole",
        "How workers carry out a payment"
    )
    static let paymentLease = Setting(
        "payments.leaseSeconds",
        .decimal(0.05...60),
        default: "5",
        "How long a payment's locks, and a dead worker's messages, are left alone"
    )
    static let deliveryLimit = Setting(
        "payments.deliveryLimit",
        .integer(1...1000),
        default: "20",
        "Failed tries after which a payment becomes a dead letter"
    )
    static let paymentQueueLimit = Setting(
        "payments.queueLimit",
        .integer(1...10_000_000),
        default: "10000",
        "Unfinished payments of one shard, a 64th of the payers; then 503 queue-full"
    )
    static let paymentAccountLimit = Setting(
        "payments.accountLimit",
        .integer(1...10_000_000),
        default: "5000",
        "Operations that may wait for one payer, and payments that it has for later; then 503 account-busy"
    )
    static let paymentDays = Setting(
        "payments.keepDays",
        .decimal(0.01...3650),
        default: "35",
        "How long a payment can be looked up and reversed once it has ended"
    )
    static let watchLimit = Setting(
        "payments.watchLimit",
        .integer(1...100_000),
        default: "2000",
        "Connections of one instance that wait for payments, as long polls or event streams; then 503 too-many-watchers"
    )
    static let callerWatchLimit = Setting(
        "payments.callerWatchLimit",
        .integer(1...100_000),
        default: "500",
        "Waiting connections of one API key; then 503 too-many-watchers"
    )
    static let webhookSecretFile = Setting(
        "payments.webhookSecretFile",
        .text,
        default: "",
        "File with the secrets (whsec_…, one a line) that webhooks are signed with; without it no callback is taken"
    )
    static let failpoints = Setting(
        "test.failpoints",
        .list,
        default: "",
        "For tests only: places where this process fails, such as payments.debit.after=drop@3"
    )

    static let payments = [
        Self.paymentSteps, Self.paymentLease, Self.deliveryLimit, Self.paymentQueueLimit, Self.paymentAccountLimit,
        Self.paymentDays, Self.watchLimit, Self.callerWatchLimit, Self.webhookSecretFile, Self.failpoints,
    ]
}
