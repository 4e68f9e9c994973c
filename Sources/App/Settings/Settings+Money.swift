extension Settings {
    static let durability = Setting(
        "money.durability",
        .choice(["local": "on the primary's disk", "replicated": "on replicas as well"]),
        default: "local",
        "Durability of a success when the request names none"
    )
    static let replicas = Setting(
        "money.replicas",
        .integer(1...10),
        default: "1",
        "Replicas that must acknowledge a 'replicated' change"
    )
    static let replicaTimeout = Setting(
        "money.replicaTimeoutSeconds",
        .decimal(0.05...3),
        default: "1",
        "How long replicas are waited for; then 503 applied-not-durable"
    )
    static let unsafeStore = Setting(
        "money.unsafeStore",
        .choice(["refuse": "answer 503", "serve": "serve all the same"]),
        default: "refuse",
        "Answer to requests about money when Redis is not set up to keep it"
    )
    static let idempotencyHours = Setting(
        "idempotency.keepHours",
        .decimal(0.001...8760),
        default: "24",
        "How long the first answer to an Idempotency-Key is kept"
    )
    static let currency = Setting(
        "ledger.currency",
        .text,
        default: "USD",
        "ISO 4217 code of all balances; another one is another set of accounts"
    )
    static let queueLimit = Setting(
        "ledger.queueLimit",
        .integer(1...1_000_000),
        default: "1000",
        "Operations that may wait for one account; then 503 account-busy"
    )
    static let queueWait = Setting(
        "ledger.queueWaitSeconds",
        .decimal(0...60),
        default: "4",
        "How long a request waits for its turn on an account; then 202. Less than http.requestDeadlineSeconds"
    )
    static let operationDays = Setting(
        "ledger.operationDays",
        .decimal(0.01...3650),
        default: "35",
        "How long a transaction that had to wait can be looked up by its id once it is settled"
    )

    static let money = [
        Self.durability, Self.replicas, Self.replicaTimeout, Self.unsafeStore, Self.idempotencyHours, Self.currency,
        Self.queueLimit, Self.queueWait, Self.operationDays,
    ]
}
