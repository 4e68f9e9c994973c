import App
import ArgumentParser

/// The audit that a load ends with, when it knows the system's Redis.
struct FinalAuditOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Audit Redis afterwards.")
    var audit = true

    @Flag(help: "Print one JSON object for the load, and one for each audit.")
    var json = false

    @OptionGroup var nearby: NearbyOptions

    /// Prints what the audits find, and ends the command unless the load has passed and all is right.
    func end(_ report: some PrintedReport, _ audits: [AuditRun]) async throws {
        var causes: [ExitCause?] = []
        for audit in audits where self.audit {
            guard try self.nearby.knowsRedis() else {
                let advice = "name the system's Redis with --redis-url or --dir, or say --no-audit"
                StandardError.write("not audited: \(advice)\n")
                break
            }
            let outcome = try await audit.run(try self.nearby.load("audit")) { StandardError.write($0 + "\n") }
            print(self.json ? outcome.json : outcome.text)
            causes.append(outcome.exitCause)
        }
        guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
        if let cause = causes.compactMap(\.self).first { throw ExitCode(cause.rawValue) }
    }
}
