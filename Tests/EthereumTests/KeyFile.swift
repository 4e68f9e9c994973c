import Ethereum
import Foundation
import Support

/// A file with a key in it, for as long as the test process lives.
struct KeyFile {
    let path: String

    init(_ text: String, mode: Int = 0o600) throws {
        let file = try TemporaryFolder("key").url.appending(path: "key")
        self.path = file.path
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self.path)
    }

    /// Gives the file away, with its mode: only root can.
    func give(to user: uid_t, group: gid_t) throws {
        let mode = try FileManager.default.attributesOfItem(atPath: self.path)[.posixPermissions]
        let given = unsafe chown(self.path, user, group)
        guard given == 0, let mode else { throw CocoaError(.fileWriteNoPermission) }
        // The change of owner may have taken bits away.
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self.path)
    }

    /// The key in hexadecimal digits.
    static func key(_ text: String) throws -> SenderKey {
        try SenderKey(contentsOf: KeyFile(text).path)
    }
}
