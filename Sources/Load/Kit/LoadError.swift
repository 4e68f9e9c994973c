/// Why a load could not be run or checked; its findings are in its report instead.
package enum LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting makes no sense; the text names it and its range.
    case badArgument(String)
    /// No connection to the service, with the system's reason.
    case cannotConnect(url: String, reason: String)
    /// The service, or the chain, did not answer a question as it should, or not at all.
    case cannotCheck(String)
    /// Not every account could be given its balance before the load.
    case cannotSeed(String)
    /// The caller's task was cancelled; requests may be in flight.
    case cancelled

    package var description: String {
        switch self {
        case .badArgument(let reason): "Bad argument: \(reason)"
        case .cannotConnect(let url, let reason): "Cannot connect to \(url): \(reason)"
        case .cannotCheck(let reason): "Cannot check: \(reason)"
        case .cannotSeed(let reason): "Cannot give the accounts their balance: \(reason)"
        case .cancelled: "Cancelled"
        }
    }
}
