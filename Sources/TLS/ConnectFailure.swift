import NIOCore
import NIOPosix
import NIOSSL
import SystemPackage

/// Why no connection came about, in a few words for people: NIO's own are many.
package enum ConnectFailure {
    /// As `connection refused`, `no such host` or `its certificate is not believed: …`.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return Self.reason(first.error) }
            return error.dnsAError == nil && error.dnsAAAAError == nil ? "no address" : "no such host"
        case let error as IOError: return Self.lowercased(Errno(rawValue: error.errnoCode).description)
        case is SocketAddressError, is SocketAddressError.UnknownHost: return "no such host"
        case ChannelError.connectTimeout: return "no answer in time"
        case let error where Self.isOfTrust(error): return "its certificate is not believed: \(error)"
        default: return "\(error)"
        }
    }

    /// Whether the peer was reached, and could not prove who it is.
    package static func isOfTrust(_ error: any Error) -> Bool {
        if let error = error as? NIOSSLError { return error != .uncleanShutdown }
        return error is NIOSSLExtraError
    }

    private static func lowercased(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}
