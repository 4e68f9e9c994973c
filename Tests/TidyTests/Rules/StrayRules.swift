/// The files that may be kept, by name in the root and by kind everywhere: a file that nobody decided to keep is a
/// stray.
package enum StrayRules {
    /// The files of the root.
    private static let root: Set<String> = [
        ".dockerignore", ".editorconfig", ".gitignore", ".swift-format", "ARCHITECTURE.md", "CHANGELOG.md",
        "CONTRIBUTING.md", "LICENSE", "Package.swift", "README.md", "SECURITY.md", "STYLE.md",
    ]

    /// The folders of the root.
    private static let folders: Set<String> = [
        ".ci", "Benchmarks", "Sources", "Tests", "deploy", "docker", "docs", "node", "proto", "scripts",
    ]

    /// The endings of names.
    ///
    /// Everything is text that a person can read, but for the descriptors of `.proto` files.
    private static let kinds: Set<String> = [
        "acl", "binpb", "conf", "env", "go", "h", "jq", "js", "json", "lua", "md", "modulemap", "proto", "py",
        "service", "sql", "swift", "template", "tsv", "txt", "yaml", "yml",
    ]

    /// Files without an ending that says what they are.
    private static let nameless: Set<String> = [
        ".ci/run", "Sources/App/Resources/commit", "docker/Dockerfile", "docker/make-secrets", "node/.dockerignore",
        "node/Dockerfile", "node/Dockerfile.python",
    ]

    /// The files that nobody decided to keep.
    package static func strays(_ paths: [String]) -> [String] {
        paths.filter { !Self.isKept($0) }.map { "\($0) is a stray file: remove it, or add it to StrayRules" }
    }

    /// The entries of the lists that no file uses: a list that only grows says nothing.
    package static func unused(_ paths: [String]) -> [String] {
        let kinds = Set(paths.compactMap { Self.kind($0) })
        let folders = Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        let missing =
            Self.root.union(Self.nameless).subtracting(paths).sorted() + Self.folders.subtracting(folders).sorted()
            + Self.kinds.subtracting(kinds).sorted()
        return missing.map { "StrayRules allows \($0), which is not there" }
    }

    private static func isKept(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        if Self.root.contains(path) || Self.nameless.contains(path) { return true }
        guard parts.count > 1, Self.folders.contains(String(parts[0])) else { return false }
        if parts[0] == "scripts" { return parts.count == 2 && !parts[1].contains(".") }
        return Self.kind(path).map(Self.kinds.contains) ?? false
    }

    private static func kind(_ path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        return String(name[name.index(after: dot)...])
    }
}
