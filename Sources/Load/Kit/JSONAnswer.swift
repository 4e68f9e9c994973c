import FoundationEssentials

/// Reads JSON of the service; a value of another form than expected is nil, for the caller to name.
package enum JSONAnswer {
    package static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: some Sequence<UInt8>) -> Value? {
        // Why it cannot be read does not matter here, only that it cannot.
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
