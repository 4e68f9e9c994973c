import App

/// The audit that a load ends with, when it knows the system's Redis.
struct AuditAfterLoad {
    let isWanted: Bool
    let nearby: NearbyOptions

    /// Prints what the audit finds; returns why it is not right, and nothing when there is nothing to look at.
    func run(_ audit: AuditRun, isJSON: Bool) async throws -> ExitCause? {
        guard self.isWanted else { return nil }
        guard try self.nearby.knowsRedis() else {
            StandardError.write("not audited: name the system's Redis with --redis-url or --dir, or say --no-audit\n")
            return nil
        }
        let outcome = try await audit.run(try self.nearby.load("audit")) { StandardError.write($0 + "\n") }
        print(isJSON ? outcome.json : outcome.text)
        return outcome.exitCause
    }
}
