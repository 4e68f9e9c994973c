/// What holds between the sources and `docker/`.
package enum DeploymentRules {
    static let users = "docker/users.acl"
    static let version = "Sources/App/Version.swift"

    /// The commands that have commands of their own: only those of them that are used are allowed.
    private static let containers: Set<String> = ["acl", "client", "config", "memory", "xgroup", "xinfo"]

    /// Redis lets the user `tally` do each command that the sources name.
    package static func commands(_ files: [TidyFile]) -> [Violation] {
        guard let users = files.first(where: { $0.path == Self.users }),
            let line = users.lines.first(where: { $0.hasPrefix("user tally ") })
        else { return [] }
        let allowed = Set(line.split(separator: " ").filter { $0.hasPrefix("+") }.map { $0.dropFirst() })
        let calls = #/(?:redis\.p?call|RedisCommand)\(\s*["']([A-Za-z]+)["'](?:\s*,\s*["']([A-Za-z]+)["'])?/#
        return files.filter(\.isSource).filter { $0.isLua || $0.isSwift }.flatMap { file in
            file.text.matches(of: calls).compactMap { call -> Violation? in
                var name = call.1.lowercased()
                if Self.containers.contains(name), let second = call.2 { name += "|" + second.lowercased() }
                guard !allowed.contains(Substring(name)) else { return nil }
                return Violation(file, "\(Self.users) does not allow \(name)")
            }
        }
    }

    /// The images say the version of the program that is in them.
    package static func versions(_ files: [TidyFile]) -> [Violation] {
        let number = #/number = "([^"]+)"/#
        guard let version = files.first(where: { $0.path == Self.version })?.text.firstMatch(of: number)?.1 else {
            return []
        }
        let named = #/(?:ARG VERSION=|TALLY_VERSION:-|docker build .* -t tally:)([0-9][^}\s]*)/#
        return files.filter { $0.path.hasPrefix("docker/") }.flatMap { file in
            file.text.matches(of: named).filter { $0.1 != version }
                .map { Violation(file, "has version \($0.1), and the program is \(version)") }
        }
    }
}
