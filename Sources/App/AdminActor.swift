import Coordination
import FoundationEssentials
import Redis
import Web

/// The user of the command line, as the log of operators' actions names it.
enum AdminActor {
    /// `cli:user@host`, as far as the system tells them.
    static var current: String {
        let process = ProcessInfo.processInfo
        let user = process.environment["SUDO_USER"] ?? process.userName
        return "cli:\(LoggedText.printable(user, limit: 64))@\(LoggedText.printable(process.hostName, limit: 64))"
    }

    /// Carries out what somebody asks for on the command line, with its entries in the log.
    static func recorded<Answer>(
        _ name: String,
        _ object: String,
        _ redis: RedisNode,
        _ body: () async throws -> Answer
    ) async throws -> Answer {
        let action = AdminLog.Action(actor: Self.current, name: name, object: object)
        return try await AdminLog(redis: redis).record(action, unwritten: { $0 as any Error }, body)
    }
}
