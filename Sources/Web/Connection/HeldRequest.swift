import NIOCore
import NIOHTTP1

/// A request that was admitted, with as much of its body as has come.
struct HeldRequest {
    let head: HTTPRequestHead
    let survey: RequestSurvey
    /// Whether its answer is the connection's last.
    let isClosing: Bool
    private(set) var body = ByteBuffer()

    init(head: HTTPRequestHead, survey: RequestSurvey, isClosing: Bool) {
        self.head = head
        self.survey = survey
        self.isClosing = isClosing
    }

    /// The announced length was checked before: a body is never longer.
    mutating func append(_ bytes: ByteBuffer) {
        if self.body.readableBytes == 0 { self.body = bytes } else { self.body.writeImmutableBuffer(bytes) }
    }
}
