package import HTTPTypes
package import NIOCore
import NIOHTTP1

/// Paths whose requests have a form of refusals of their own, and limits of their own for bodies.
///
/// A client of another protocol than ours understands no problem document, so what the listener itself refuses is told
/// in the words of whoever owns the path.
package struct OwnedPaths: Sendable {
    /// How a refusal is told to who sent this content type; `nil` where a problem document is as good as anything.
    package typealias Form = @Sendable (_ problem: Problem, _ contentType: String?, _ isGet: Bool) -> OwnRefusal?

    /// The beginnings of the paths, each ending in `/`.
    private let prefixes: [[UInt8]]
    private let form: Form

    package init(prefixes: [String], form: @escaping Form) {
        self.prefixes = prefixes.map { Array($0.utf8) }
        self.form = form
    }

    /// Whether a request's target is one of these paths.
    func contains(_ target: String) -> Bool { self.prefixes.contains { target.utf8.starts(with: $0) } }

    func refusal(_ problem: Problem, _ contentType: String?, isGet: Bool) -> OwnRefusal? {
        self.form(problem, contentType, isGet)
    }
}

/// A refusal in the words of a path's owner.
package struct OwnRefusal: Sendable {
    let status: HTTPResponse.Status
    /// Without length and date.
    let fields: HTTPFields
    let body: ByteBuffer

    package init(status: HTTPResponse.Status, fields: HTTPFields, body: ByteBuffer) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    var prepared: PreparedAnswer {
        PreparedAnswer(
            HTTPResponseStatus(statusCode: self.status.code),
            fields: self.fields.map { ($0.name.rawName, $0.value) },
            bytes: self.body
        )
    }
}
