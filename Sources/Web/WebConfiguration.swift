package import NIOCore

/// The limits of one HTTP listener.
///
/// Each is enforced by the listener itself, so that an instance is safe without a proxy in front of it.
package struct WebConfiguration: Sendable {
    /// The address to listen on; default `127.0.0.1`.
    package var host: String
    /// The TCP port to listen on, 0…65535; 0 takes any free port.
    package var port: Int
    /// Names that the `Host` header may carry, without port; empty accepts any well-formed one.
    package var allowedHosts: Set<String>
    /// Most bytes of a request target; beyond it 414.
    ///
    /// Default 2048, range 256…8192.
    package var targetLimit: Int
    /// Most bytes of one header field; beyond it 400.
    ///
    /// Default 8192, range 1024…65536.
    package var headerFieldLimit: Int
    /// Most bytes of all header fields; beyond it 400.
    ///
    /// Default 16384, range 2048…131072.
    package var headerListLimit: Int
    /// Most header fields of one request.
    ///
    /// Default 64, range 16…256.
    package var headerCountLimit: Int
    /// Most bytes of a request body; beyond it 413.
    ///
    /// Default 16384, range 0…16777216.
    package var bodyLimit: Int
    /// Bytes from which an answer is packed with gzip for callers that take it; hot routes pack none.
    ///
    /// Default 2048, range 256…16777216.
    package var packingThreshold: Int
    /// Time from the first byte of a request to the end of its head; beyond it the connection is closed.
    ///
    /// Default 10 s.
    package var headDeadline: TimeAmount
    /// Time from a request's head to the last byte of its body; beyond it 408.
    ///
    /// Default 5 s.
    package var bodyDeadline: TimeAmount
    /// Time without a request on an open connection before it is closed, and without progress of an answer that its
    /// client does not take.
    ///
    /// Default 75 s, longer than a proxy keeps it.
    package var idleTimeout: TimeAmount
    /// Time a routed request may take before it is answered 503.
    ///
    /// Default 5 s.
    package var requestDeadline: Duration
    /// Open connections; further ones wait in the listen queue.
    ///
    /// Default 4096.
    package var connectionLimit: Int
    /// Routed requests at work at once; beyond it 503 `overloaded`.
    ///
    /// Default 512.
    package var concurrentRequestLimit: Int
    /// Costly requests at work at once, which count by themselves; others wait for them.
    ///
    /// Default 4.
    package var costlyRequestLimit: Int
    /// Requests of one connection whose answers are still owed before reading pauses.
    ///
    /// Default 128.
    package var pipelineLimit: Int
    /// Streams of one HTTP/2 connection that may be open at once; further ones are refused unprocessed.
    ///
    /// Default 128.
    package var connectionStreamLimit: Int
    /// HTTP/2 streams of the listener that may be open at once; further ones are refused unprocessed.
    ///
    /// Default 4096, range 16…1000000.
    package var openStreamLimit: Int
    /// Bytes of answers of the listener that may wait for clients to take them; beyond it those that wait are given up.
    ///
    /// Default 64 MiB, range 1 MiB…16 GiB.
    package var waitingAnswerLimit: Int
    /// Bytes of answers that wait on one HTTP/2 connection; a further answer is given up, unless none waits.
    ///
    /// Default 16 MiB, range 64 KiB…1 GiB.
    package var connectionAnswerLimit: Int
    /// Time of silence on an HTTP/2 connection with open streams after which its client is asked whether it is there.
    ///
    /// Default 30 s.
    package var pingInterval: TimeAmount
    /// Time for any sign of life after that; beyond it the connection is closed.
    ///
    /// Default 10 s.
    package var pingTimeout: TimeAmount
    /// Time that a closing connection still drains its input, so that the last answer is not reset.
    ///
    /// Default 1 s.
    package var lingerTimeout: TimeAmount

    /// The time that a client has, when the service stops, to take what it does not take.
    var leavingTimeout: TimeAmount { self.lingerTimeout * 3 }

    package init(host: String = "127.0.0.1", port: Int) {
        self.host = host
        self.port = port
        self.allowedHosts = []
        self.targetLimit = 2048
        self.headerFieldLimit = 8192
        self.headerListLimit = 16_384
        self.headerCountLimit = 64
        self.bodyLimit = 16_384
        self.packingThreshold = 2048
        self.headDeadline = .seconds(10)
        self.bodyDeadline = .seconds(5)
        self.idleTimeout = .seconds(75)
        self.requestDeadline = .seconds(5)
        self.connectionLimit = 4096
        self.concurrentRequestLimit = 512
        self.costlyRequestLimit = 4
        self.pipelineLimit = 128
        self.connectionStreamLimit = 128
        self.openStreamLimit = 4096
        self.waitingAnswerLimit = 64 << 20
        self.connectionAnswerLimit = 16 << 20
        self.pingInterval = .seconds(30)
        self.pingTimeout = .seconds(10)
        self.lingerTimeout = .seconds(1)
    }
}
