package import Coordination

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them.
///
/// The keys of one window share a hash tag, and so do the keys of what is published, so that each script finds its keys
/// on one node.
package enum UniquesKeys {
    // MARK: One window

    package static func count(_ window: ServerTime) -> String { "tally:uniques:{\(window.milliseconds)}:count" }

    package static func closed(_ window: ServerTime) -> String { "tally:uniques:{\(window.milliseconds)}:closed" }

    package static func sketch(_ window: ServerTime) -> String { "tally:uniques:{\(window.milliseconds)}:hll" }

    /// The beginning of the key of each id of a window; the id follows.
    package static func idPrefix(_ window: ServerTime) -> String { "tally:uniques:{\(window.milliseconds)}:id:" }

    /// The beginning of the key of each shard of a window; the shard's number follows.
    package static func setPrefix(_ window: ServerTime) -> String { "tally:uniques:{\(window.milliseconds)}:set:" }

    // MARK: What is published

    package static let counts = "tally:uniques:counts"
    package static let lease = "{tally:uniques:counts}:lease"
    package static let leaseToken = "{tally:uniques:counts}:lease_token"
    package static let logged = "{tally:uniques:counts}:logged"
    package static let outbox = "{tally:uniques:counts}:outbox"
    package static let dead = "{tally:uniques:counts}:dead"
}
