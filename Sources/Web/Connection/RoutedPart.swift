import NIOCore
import NIOHTTP1

/// A piece of a routed answer and who wants to know that it left.
package struct RoutedPart {
    var part: HTTPServerResponsePart
    let promise: EventLoopPromise<Void>?
}
