/// Why bytes could not be read as replies.
///
/// The stream has lost its place: nothing that follows can be believed, and the connection must be closed.
package enum RESPError: Error, Hashable, Sendable {
    /// Not RESP2. The text is hiredis's and names one byte of the input at most.
    case malformed(String)
    /// Well formed, but larger than ``RESPLimits`` allow.
    case limitExceeded(Limit)

    /// The property of ``RESPLimits`` that was exceeded.
    package enum Limit: Hashable, Sendable {
        case bulkBytes
        case elements
        case depth
        case replyBytes
        case unreadBytes
    }
}
