/// Why the process cannot start with what it was told.
package enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknown(name: String, source: String)
    case invalid(name: String, source: String, wanted: String)
    case fileUnreadable(path: String, reason: String)
    case inconsistent(String)

    package var description: String {
        switch self {
        case .unknown(let name, let source):
            "unknown setting \(name) in \(source); 'tally config' lists all settings"
        case .invalid(let name, let source, let wanted):
            "setting \(name) from \(source) is not valid: wanted \(wanted)"
        case .fileUnreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .inconsistent(let reason): reason
        }
    }
}
