package import HTTPTypes
package import SwiftProtobuf

/// A message and what goes with it.
package struct RPCAnswer<M: Message>: Sendable {
    package var message: M
    package var headers: HTTPFields
    package var trailers: HTTPFields

    package init(_ message: M, headers: HTTPFields = [:], trailers: HTTPFields = [:]) {
        self.message = message
        self.headers = headers
        self.trailers = trailers
    }
}
