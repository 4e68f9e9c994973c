package import HTTPTypes
package import Web

/// The facts of a call, besides its messages, for its handler.
package struct RPCContext: Sendable {
    /// The name under which the service was called.
    package let service: String
    package let method: String
    /// The request's header fields, each value by itself.
    package let headers: HTTPFields
    /// The caller.
    package let caller: Caller
    /// The name of the request in answers and logs.
    package let requestID: String
    /// The caller's place in its trace, when it sent a valid one.
    package let traceparent: String?
    /// How long the caller wants to wait, when it said so.
    package let timeout: Duration?
    package let rpcProtocol: RPCProtocol
    package let httpMethod: HTTPRequest.Method
    /// The parameters of a GET, decoded, in their order.
    package let query: [(name: String, value: String)]

    package var isGet: Bool { self.httpMethod == .get }

    package init(
        service: String,
        method: String,
        headers: HTTPFields = [:],
        caller: Caller = .anonymous,
        requestID: String = "",
        traceparent: String? = nil,
        timeout: Duration? = nil,
        rpcProtocol: RPCProtocol = .connect,
        httpMethod: HTTPRequest.Method = .post,
        query: [(name: String, value: String)] = []
    ) {
        self.service = service
        self.method = method
        self.headers = headers
        self.caller = caller
        self.requestID = requestID
        self.traceparent = traceparent
        self.timeout = timeout
        self.rpcProtocol = rpcProtocol
        self.httpMethod = httpMethod
        self.query = query
    }
}
