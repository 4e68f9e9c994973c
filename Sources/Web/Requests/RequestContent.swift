import HTTPTypes
import Hummingbird
import NIOCore

/// The content that a route takes with its requests, and so how that is read before the route is called.
///
/// Content is judged by its media type before any of it is read, and is whole before its request takes a place among
/// those at work (`http.concurrentRequestLimit`): a client that announces a body and sends none holds a connection, for
/// `http.bodyDeadlineSeconds`, and nothing that others need.
package enum RequestContent: Hashable, Sendable {
    /// The route does not read it.
    case none
    /// One JSON value of at most so many bytes.
    case json(limit: Int = JSONBody.defaultLimit)
    /// The same, or nothing, whatever the media type of nothing is.
    case optionalJSON(limit: Int = JSONBody.defaultLimit)
    /// Pieces that the route reads as they come; only for routes that take their places by themselves.
    case streamed

    /// The request with its content in memory.
    ///
    /// Refuses with 415 what is not labelled as JSON, with 413 more than the limit; an end that never comes is an error
    /// of the channel.
    func collected(_ request: Request) async throws -> Request {
        let isJSON = JSONBody.isLabelled(request.headers)
        switch self {
        case .none, .streamed: return request
        case .json where !isJSON: throw Problem.unsupportedMediaType
        case .json(let limit): return try await Self.read(request, limit, orThrow: .payloadTooLarge)
        case .optionalJSON(let limit):
            // Of another media type nothing is the only content, and its first byte is one too many.
            return try await Self.read(
                request,
                isJSON ? limit : 0,
                orThrow: isJSON ? .payloadTooLarge : .unsupportedMediaType
            )
        }
    }

    private static func read(_ request: Request, _ limit: Int, orThrow problem: Problem) async throws -> Request {
        var request = request
        do { _ = try await request.collectBody(upTo: limit) } catch is NIOTooManyBytesError { throw problem }
        return request
    }
}
