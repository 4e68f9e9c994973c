package import Foundation
import Synchronization

/// A folder of its own for a test, gone at the end of the process.
package struct TemporaryFolder: Sendable {
    package let url: URL

    package init(_ name: String) throws {
        // Short: the path of a unix socket in it may have 107 bytes.
        let unique = "\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        self.url = FileManager.default.temporaryDirectory.appendingPathComponent(unique)
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
        Self.registered.withLock { registered in
            if registered.isEmpty { atexit { TemporaryFolder.removeAll() } }
            registered.append(self.url)
        }
    }

    private static let registered = Mutex<[URL]>([])

    private static func removeAll() {
        for url in self.registered.withLock({ $0 }) { try? FileManager.default.removeItem(at: url) }
    }
}
