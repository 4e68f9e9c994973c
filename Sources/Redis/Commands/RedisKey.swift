/// Rules for the names of keys.
package enum RedisKey {
    /// The part of a key that decides its slot: between the first `{` and the next `}`, or all of it.
    package static func hashTag(of key: String) -> Substring {
        guard let open = key.firstIndex(of: "{") else { return key[...] }
        let start = key.index(after: open)
        // `{}` marks nothing, as in Redis.
        guard let close = key[start...].firstIndex(of: "}"), close > start else { return key[...] }
        return key[start..<close]
    }
}
