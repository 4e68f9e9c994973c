import Foundation
import Support

extension ChainNode {
    /// Starts it again, with the blocks of another node in the place of its own.
    func restart(with other: ChainNode) throws {
        self.kill()
        let (from, to) = (other.folder.url.appending(path: "data"), self.folder.url.appending(path: "data"))
        try FileManager.default.removeItem(at: to)
        try FileManager.default.copyItem(at: from, to: to)
        try self.start()
    }
}
