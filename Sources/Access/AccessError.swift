package import Redis

/// Why something about API keys could not be done.
package enum AccessError: Error, Hashable, Sendable {
    case nameInvalid
    /// The one that is none; empty when there was none at all.
    case scopeInvalid(String)
    case lifeInvalid
    /// There are as many as there may be.
    case tooMany
    /// No key has this id.
    case unknown
    /// The key has ended already.
    case ended
    case store(RedisError)
}

extension AccessError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nameInvalid: "a name is 1 to 64 of A-Z a-z 0-9 . _ -"
        case .scopeInvalid(let scope):
            "\(scope.isEmpty ? "a scope is needed" : "there is no scope '\(LoggedScope.printable(scope))'"): "
                + APIKeyOrder.allScopes.joined(separator: ", ")
        case .lifeInvalid: "a key lives for one second to 100 years"
        case .tooMany: "there are \(KeyStore.limit) keys, and there may be no more: end some"
        case .unknown: "no key has this id"
        case .ended: "this key has ended"
        case .store(let error): "Redis: \(error)"
        }
    }
}

/// A scope as somebody typed it, cut and made harmless.
private enum LoggedScope {
    static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(40).map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}

extension AccessError: RedisCaused {
    package var redisError: RedisError? {
        guard case .store(let error) = self else { return nil }
        return error
    }
}
