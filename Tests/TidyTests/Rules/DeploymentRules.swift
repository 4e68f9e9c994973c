/// The agreement of the sources with `docker/`.
package enum DeploymentRules {
    static let users = "docker/users.acl"
    static let version = "Sources/App/Version.swift"

    /// The commands that have commands of their own: only those of them that are used are allowed.
    private static let containers: Set<String> = ["acl", "client", "config", "memory", "xgroup", "xinfo"]

    /// Asked only where nobody vouches for the answer: whoever may ask it may read Redis's passwords.
    private static let optional: Set<Substring> = ["config|get"]

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
                guard !allowed.union(Self.optional).contains(Substring(name)) else { return nil }
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

    /// nginx's port for gRPC has one number wherever it is written down, and it is not the one that an instance takes.
    package static func ports(_ files: [TidyFile]) -> [Violation] {
        let instance = #/Setting\("port", [^\n]*default: "(\d+)"/#
        let places: [(path: String, number: Regex<(Substring, Substring)>)] = [
            ("Sources/tally/DevCommand.swift", #/var grpcPort = (\d+)/#),
            ("Sources/Dev/DevConfiguration.swift", #/grpcPort: Int = (\d+)/#),
            ("docker/compose.yaml", #/listen (\d+) http2/#), ("docker/compose.yaml", #/TALLY_GRPC_PORT:-(\d+)/#),
            ("deploy/k8s/base/nginx.env", #/listen (\d+) http2/#), ("README.md", #/gRPC: :(\d+)/#),
            ("docs/coupons.md", #/HTTP\/2 to (\d+)/#), ("docs/operations.md", #/`--grpc-port` \((\d+)/#),
        ]
        let own = files.compactMap { $0.path.contains("/Settings/") ? $0.text.firstMatch(of: instance)?.1 : nil }.first
        var first: Substring?
        return places.compactMap { place -> Violation? in
            guard let file = files.first(where: { $0.path == place.path }) else { return nil }
            guard let number = file.text.firstMatch(of: place.number)?.1 else {
                return Violation(file, "does not say which port is for gRPC")
            }
            first = first ?? number
            if number == own { return Violation(file, "has the port of an instance for gRPC") }
            return number == first
                ? nil : Violation(file, "has port \(number) for gRPC, and others have \(first ?? "")")
        }
    }
}
