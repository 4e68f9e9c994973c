import Foundation

/// The Redis servers that some tests try one by one, for what differs between them.
package enum ServerKind: String, Sendable, CaseIterable {
    /// The one of the system.
    case installed = "redis-server"
    case redis82 = "redis-8.2"
    case valkey81 = "valkey-8.1"
    case valkey91 = "valkey-9.1"

    /// Its program, by path or by name; `nil` when `scripts/setup-servers` has not installed it here.
    package var program: String? {
        guard self != .installed else { return self.rawValue }
        let path = Self.folder.appending(path: self.rawValue).path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Why a test of a server that is not here is skipped.
    package var absence: String { "there is no \(self.rawValue) here: run scripts/setup-servers" }

    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/servers/bin")
}
