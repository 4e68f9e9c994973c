import NIOCore
import NIOHTTP2

extension WebConfiguration {
    /// How NIO's HTTP/2 handler is to bound a connection; beyond any of these it is told why and closed.
    ///
    /// Frames that cost us and oblige the client to nothing are counted: resets of streams that it has just opened
    /// (CVE-2023-44487), pings, settings, empty data, headers in many pieces. gRPC's clients measure the line with a
    /// ping per window of data, so that those must be many.
    var http2: NIOHTTP2Handler.Configuration {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: self.connectionStreamLimit),
            // HTTP/2 counts 32 bytes more for each field; the gate then measures as for HTTP/1.1.
            HTTP2Setting(parameter: .maxHeaderListSize, value: self.headerListLimit + 32 * (self.headerCountLimit + 4)),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.windowSize),
        ]
        connection.maximumSequentialContinuationFrames = 8
        connection.maximumSequentialEmptyDataFrames = 8
        connection.maximumBufferedControlFrames = 1000
        connection.maximumRecentlyResetStreams = self.connectionStreamLimit
        connection.maximumConnectionGlitches = 1000
        connection.controlFrameRateLimit.maximumCount = 1000
        connection.controlFrameRateLimit.windowLength = .seconds(1)
        connection.targetWindowSize = Self.windowSize * 4
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = Self.windowSize
        stream.outboundBufferSizeHighWatermark = 65_536
        stream.outboundBufferSizeLowWatermark = 16_384
        stream.streamResetFrameRateLimit.maximumCount = 200
        stream.streamResetFrameRateLimit.windowLength = .seconds(10)
        stream.streamErrorRateLimit.maximumCount = 100
        stream.streamErrorRateLimit.windowLength = .seconds(10)
        return NIOHTTP2Handler.Configuration(connection: connection, stream: stream)
    }

    /// Bytes of a body that a client may send before anybody has read them.
    private static let windowSize = 65_535
}
