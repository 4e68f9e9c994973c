import Foundation

/// A text that must stay as it was when somebody looked at it last: it lies in a file of `Tests/Pinned`.
///
/// `PINNED_WRITE=1 scripts/test --filter NAME` writes the files of these tests anew; `git diff` shows what changed.
package enum PinnedText {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Pinned")

    /// Where a text differs from its file; `nil` when it does not.
    ///
    /// First each pattern is replaced by its word, in this order, for what differs from run to run.
    package static func difference(
        _ text: String,
        from name: String,
        replacing changes: [(pattern: String, word: String)] = []
    ) throws -> String? {
        let found = changes.reduce(text) {
            $0.replacingOccurrences(of: $1.pattern, with: $1.word, options: .regularExpression)
        }
        let file = Self.folder.appending(path: name)
        if ProcessInfo.processInfo.environment["PINNED_WRITE"] == "1" {
            try Data((found + "\n").utf8).write(to: file)
            return nil
        }
        let pinned = try String(contentsOf: file, encoding: .utf8)
        guard pinned != found + "\n" else { return nil }
        return "\(name) was\n\(pinned)and is\n\(found)"
    }

    /// Figures that every audit's report has and that depend on the machine.
    package static let times: [(pattern: String, word: String)] = [
        (#""((elapsed|oldest_unfinished)_seconds)":[0-9.e-]+"#, #""$1":SECONDS"#),
        (#"(took {7}|the oldest (made|from) )[0-9.]+ s"#, "$1SECONDS s"),
        (#"\b1[0-9]{12}\b"#, "MILLISECONDS"),
    ]
}
