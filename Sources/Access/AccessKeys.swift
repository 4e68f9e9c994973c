/// The Redis keys of API keys.
///
/// `docs/keys.md` lists them. They share the hash tag of the log of what operators do.
package enum AccessKeys {
    /// Hash: id of an API key to `<digest> <created_ms> <expires_ms> <name> <scopes>`.
    package static let keys = "tally:{admin}:keys"

    /// String: how often the keys have changed.
    package static let revision = "tally:{admin}:keys_revision"

    /// Hash: id of an API key to when it was used last, within a minute.
    package static let used = "tally:{admin}:keys_used"
}
