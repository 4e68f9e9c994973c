import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers what no hot route took: asks the router, dates its answer and writes it.
final class RoutedAnswers<Responder: HTTPResponder<WebRequestContext>>: Sendable {
    private let responder: Responder
    private let logger: Logger
    private let date = Mutex(HTTPDate())

    init(_ responder: Responder, logger: Logger) {
        self.responder = responder
        self.logger = logger
    }

    @concurrent
    func answer(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let context = WebRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: self.logger))
        var response = try await self.responder.respond(to: request, context: context)
        response.headers[.date] = self.date.withLock { $0.now() }
        do {
            if response.body.contentLength == nil {
                try await response.body.write(LateHeadWriter(writer, response.head))
            } else {
                try await writer.write(response: response.head, body: response.body)
            }
        } catch is HTTPParserError {
            // The caller would answer it a second time.
            throw ChannelError.ioOnClosedChannel
        }
    }
}
