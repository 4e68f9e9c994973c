package import EthereumRPC
package import Redis

/// Why an audit of the faucet has no report.
package enum FaucetAuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis could not be read, also not after several tries.
    case unreadable(RedisError)
    /// Redis answered what such a command never gets.
    case malformedReply(command: String)
    /// The chain could not be read, also not after several tries.
    case chainUnreadable(RPCError)
    /// No node is of the chain that the faucet's records are about.
    case otherChain(ChainVerdict)

    package var description: String {
        switch self {
        case .unreadable(let error): "Redis cannot be read: \(error)"
        case .malformedReply(let command): "Redis gave a strange answer to \(command)"
        case .chainUnreadable(let error): "The chain cannot be read: \(error)"
        case .otherChain(.unreachable): "No node answers"
        case .otherChain(.changed): "The nodes are of another chain than the faucet's records"
        case .otherChain(.misplaced): "The nodes are of another chain than the settings name"
        case .otherChain(.divided): "The nodes are of several chains, and none of them is that of the faucet's records"
        case .otherChain(.accepted): "No node can be asked just now"
        }
    }
}

extension FaucetAuditError: RedisCaused {
    package var redisError: RedisError? {
        guard case .unreadable(let error) = self else { return nil }
        return error
    }
}
