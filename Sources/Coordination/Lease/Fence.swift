package import Redis

/// The proof that the holder of a lease shows with each write: its name, and its fencing token.
///
/// Only a ``Lease`` makes one, and it goes to Redis as a whole. The token alone would not do: a failover that loses the
/// newest count gives the next holder the same number.
package struct Fence: Hashable, Sendable, CustomStringConvertible {
    private let owner: String
    private let token: Int64

    init(owner: String, token: Int64) {
        self.owner = owner
        self.token = token
    }

    /// `<owner>:<token>`, as `lease_is_held` takes it.
    package var argument: RedisArgument { .text(self.description) }

    package var description: String { "\(self.owner):\(self.token)" }
}
