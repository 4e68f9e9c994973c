import HTTPTypes
import NIOHTTP1

/// The facts of a request that its refusal needs, kept for as long as it may still be refused.
struct NewestRequest {
    let target: String
    let contentType: String?
    let isGet: Bool
    /// The length of its body, when the client said it.
    let announced: Int?
    /// Whether its client sends the body without waiting for a word of ours.
    let sendsBody: Bool

    /// `isAsked` says that the client, who waits to be asked for the body, was asked.
    init(_ head: HTTPRequestHead, _ survey: RequestSurvey, isAsked: Bool) {
        self.target = head.uri
        self.contentType = head.headers.first(name: "content-type")
        self.isGet = head.method == .GET
        self.announced = survey.isChunked ? nil : survey.contentLength
        self.sendsBody = survey.hasBody && (survey.expectation == nil || isAsked)
    }

    /// The same of a request of HTTP/2, which may have a body whose length it does not say.
    init(_ request: HTTPRequest, _ survey: RequestSurvey, isAsked: Bool) {
        self.target = request.path ?? ""
        self.contentType = request.headerFields[.contentType]
        self.isGet = request.method == .get
        self.announced = survey.contentLength
        self.sendsBody = survey.expectation == nil || isAsked
    }
}
