import Foundation

/// One file of the repository, with its path from the root.
package struct TidyFile: Sendable {
    package let path: String
    package let text: String
    package let lines: [String]
    /// The same without comments and literals, when this is Swift; nothing otherwise.
    package let swift: SwiftText
    /// Whether its owner may execute it.
    package let isExecutable: Bool

    package init(_ path: String, _ text: String, isExecutable: Bool = false) {
        self.path = path
        self.text = text
        self.isExecutable = isExecutable
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A text that ends with a newline has no empty last line.
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        self.swift = SwiftText(path.hasSuffix(".swift") ? text : "")
    }

    package var name: String { self.path.split(separator: "/").last.map(String.init) ?? self.path }
    package var isSwift: Bool { self.path.hasSuffix(".swift") }
    package var isLua: Bool { self.path.hasSuffix(".lua") }
    package var isSource: Bool { self.path.hasPrefix("Sources/") }
    package var isShell: Bool { self.path.hasPrefix("scripts/") || self.path.hasPrefix(".ci/") }
}

/// The finding of a rule about one line.
package struct Violation: Hashable, CustomStringConvertible, Sendable {
    package let path: String
    package let line: Int
    package let message: String

    package init(_ file: TidyFile, line: Int = 1, _ message: String) {
        self.path = file.path
        self.line = line
        self.message = message
    }

    package var description: String { "\(self.path):\(self.line): \(self.message)" }
}

/// Every text file of the repository, without what tools make.
package struct SourceTree: Sendable {
    package static let current = SourceTree(root: Self.root)

    package let files: [TidyFile]
    /// Every file, also what is no text, without what tools make and nobody commits.
    package let paths: [String]

    private static var root: URL {
        var root = URL(filePath: #filePath).resolvingSymlinksInPath()
        for _ in ["SourceTree.swift", "TidyTests", "Tests"] { root.deleteLastPathComponent() }
        return root
    }

    /// The files that git does not keep, as `.gitignore` has it.
    private static let ignored: Set<String> = [
        ".build", ".git", ".swiftpm", ".tally", "Package.resolved", "__pycache__", "node_modules", ".venv",
    ]

    private static func isIgnored(_ name: String) -> Bool {
        Self.ignored.contains(name) || name.hasPrefix(".build-") || name.hasSuffix(".profraw")
    }

    /// The folders whose files a tool writes, though they are kept: no rule of style is for them.
    private static let made: Set<String> = ["Generated"]

    private init(root: URL) {
        var files: [TidyFile] = []
        Self.collect(root, prefix: "", into: &files)
        self.files = files.sorted { $0.path < $1.path }
        var paths: [String] = []
        Self.collect(root, prefix: "", into: &paths)
        self.paths = paths.sorted()
    }

    package var swift: [TidyFile] { self.files.filter(\.isSwift) }
    package var lua: [TidyFile] { self.files.filter(\.isLua) }
    package var shell: [TidyFile] { self.files.filter(\.isShell) }

    package func file(_ path: String) -> TidyFile? { self.files.first { $0.path == path } }

    private static func collect(_ folder: URL, prefix: String, into files: inout [TidyFile]) {
        // A path that cannot be listed is no folder, and a file that cannot be read as UTF-8 is no text.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !Self.made.contains(name) && !Self.isIgnored(name) {
            let url = folder.appending(path: name)
            guard let text = try? String(contentsOf: url, encoding: .utf8) else {
                Self.collect(url, prefix: prefix + name + "/", into: &files)
                continue
            }
            let isExecutable = FileManager.default.isExecutableFile(atPath: url.path)
            files.append(TidyFile(prefix + name, text, isExecutable: isExecutable))
        }
    }

    private static func collect(_ folder: URL, prefix: String, into paths: inout [String]) {
        // A path that cannot be listed is no folder; a symbolic link is a file, wherever it leads.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !Self.isIgnored(name) {
            let url = folder.appending(path: name)
            let isFolder = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
            if isFolder == .typeDirectory {
                Self.collect(url, prefix: prefix + name + "/", into: &paths)
            } else {
                paths.append(prefix + name)
            }
        }
    }
}
