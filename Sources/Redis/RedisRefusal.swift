/// An error reply of Redis.
package struct RedisRefusal: Hashable, Sendable {
    /// The class of a refusal: the reply's first word.
    ///
    /// The raw value is the word for logs and metric labels.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case outOfMemory = "out_of_memory"
        case readOnly = "read_only"
        case loading
        case noReplicas = "no_replicas"
        case busy
        case misconfigured
        case noScript = "no_script"
        case wrongPassword = "wrong_password"
        case noPermission = "no_permission"
        case notAuthenticated = "not_authenticated"
        case wrongType = "wrong_type"
        case execAborted = "exec_aborted"
        case tryAgain = "try_again"
        case clusterDown = "cluster_down"
        case masterDown = "master_down"
        /// A command that waited in Redis was sent away, because the server's role changed.
        case unblocked
        /// A replica was asked for what only a primary can do.
        case notPrimary = "not_primary"
        case moved
        case ask
        /// Keys of one command lie on several nodes.
        case crossSlot = "cross_slot"
        case other
    }

    package let kind: Kind
    /// Redis's text for logs: printable ASCII, at most 200 characters, without the arguments that Redis echoes.
    package let message: String
    /// Whether it is certain that the command, or the script as a whole, changed nothing.
    package let hadNoEffect: Bool

    /// Reads the text of an error reply.
    package init(_ text: String) {
        let word = text.prefix { $0 != " " }
        // This one has no word of its own.
        let isOfReplica = word == "ERR" && text.contains("cannot be used with replica instances")
        self.kind = isOfReplica ? .notPrimary : Self.kinds[String(word)] ?? .other
        self.message = Self.printable(text)
        // Redis 7 ends an error raised inside a script with where it arose.
        let isFromScript = text.contains(" script: ")
        switch self.kind {
        case .noScript, .loading, .busy, .wrongPassword, .notAuthenticated, .execAborted, .tryAgain, .clusterDown,
            .masterDown, .unblocked, .notPrimary, .moved, .ask:
            self.hadNoEffect = true
        case .outOfMemory, .readOnly, .noReplicas, .misconfigured:
            // Inside a script Redis 7 checks these only before the first write.
            self.hadNoEffect = true
        case .noPermission, .wrongType, .crossSlot:
            self.hadNoEffect = !isFromScript
        case .other:
            self.hadNoEffect = false
        }
    }

    /// Whether the same command may well succeed in a moment, for some on a new connection.
    package var isTransient: Bool {
        switch self.kind {
        case .loading, .busy, .tryAgain, .clusterDown, .masterDown, .readOnly, .unblocked, .notPrimary,
            .notAuthenticated:
            true
        case .outOfMemory, .noReplicas, .misconfigured, .noScript, .wrongPassword, .noPermission, .wrongType,
            .execAborted, .moved, .ask, .crossSlot, .other:
            false
        }
    }

    /// Whether a new connection may reach a server that does not refuse this.
    package var asksForNewConnection: Bool {
        switch self.kind {
        case .readOnly, .notPrimary, .unblocked, .masterDown, .loading, .notAuthenticated: true
        case .outOfMemory, .noReplicas, .busy, .misconfigured, .noScript, .wrongPassword, .noPermission, .wrongType,
            .execAborted, .tryAgain, .clusterDown, .moved, .ask, .crossSlot, .other:
            false
        }
    }

    /// Whether neither time nor another connection mends it: the stored value, or the command, is wrong.
    package var isDefect: Bool {
        switch self.kind {
        case .wrongType, .crossSlot, .other: true
        case .outOfMemory, .readOnly, .loading, .noReplicas, .busy, .misconfigured, .noScript, .wrongPassword,
            .noPermission, .notAuthenticated, .execAborted, .tryAgain, .clusterDown, .masterDown, .unblocked,
            .notPrimary, .moved, .ask:
            false
        }
    }

    private static let kinds: [String: Kind] = [
        "OOM": .outOfMemory, "READONLY": .readOnly, "LOADING": .loading, "NOREPLICAS": .noReplicas, "BUSY": .busy,
        "MISCONF": .misconfigured, "NOSCRIPT": .noScript, "WRONGPASS": .wrongPassword, "NOPERM": .noPermission,
        "NOAUTH": .notAuthenticated, "WRONGTYPE": .wrongType, "EXECABORT": .execAborted, "TRYAGAIN": .tryAgain,
        "CLUSTERDOWN": .clusterDown, "MASTERDOWN": .masterDown, "MOVED": .moved, "ASK": .ask,
        "UNBLOCKED": .unblocked, "CROSSSLOT": .crossSlot,
    ]

    /// Redis echoes the arguments of a command that it does not know, and a renamed `AUTH` is such a command.
    private static let echo = ", with args beginning with"

    private static func printable(_ text: String) -> String {
        let told = text.firstRange(of: Self.echo).map { text[..<$0.lowerBound] } ?? text[...]
        return LoggedText.printable(told, limit: 200)
    }
}
