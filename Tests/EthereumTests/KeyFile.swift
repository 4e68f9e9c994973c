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

    /// The key in hexadecimal digits.
    static func key(_ text: String) throws -> SenderKey {
        try SenderKey(contentsOf: KeyFile(text).path)
    }
}
