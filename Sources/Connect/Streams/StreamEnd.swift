package import HTTPTypes

/// How a stream is over.
package enum StreamEnd: Sendable {
    /// Its handler returned these trailers.
    case finished(HTTPFields)
    case failed(RPCError)
    /// Nobody is there any more to be told.
    case gone
}
