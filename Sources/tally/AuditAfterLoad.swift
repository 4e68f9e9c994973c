import App

/// The audit that a load ends with, when it knows the system's Redis.
struct AuditAfterLoad {
    let isWanted: Bool
    let settings: SettingOptions

    /// Prints what `proof` finds; returns its exit code, and 0 when there is nothing to look at.
    func run(
        _ proof: (AppConfiguration, @Sendable @escaping (String) -> Void) async throws -> ProofOutcome
    ) async throws -> Int32 {
        guard self.isWanted else { return 0 }
        guard try self.settings.knowsRedis() else {
            StandardError.write("not audited: name the system's Redis with --redis-url, or say --no-audit\n")
            return 0
        }
        let outcome = try await proof(try self.settings.loadNearby("audit")) { StandardError.write($0 + "\n") }
        if !outcome.text.isEmpty { print(outcome.text) }
        return outcome.exitCode
    }
}
