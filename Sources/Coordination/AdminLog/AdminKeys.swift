/// The Redis keys of what operators do.
///
/// `docs/keys.md` lists them. They share one hash tag, so that a change and its entry in the log are one script.
package enum AdminKeys {
    /// Stream: operators' actions, an entry each, by number.
    package static let log = "tally:{admin}:log"

    /// String: number and hash of the log's last entry.
    package static let head = "tally:{admin}:log_head"
}
