package import HTTPTypes

/// The methods that each path answers, so that a wrong method is a 405 that names the right ones.
///
/// A pattern is a path whose segments are literal or `{name}`, which matches any one segment.
package struct RouteTable: Sendable {
    private struct Entry {
        let segments: [Substring]
        var methods: [HTTPRequest.Method]

        var parameters: Int { self.segments.count { $0.hasPrefix("{") } }
    }

    private var entries: [Entry] = []

    package init() {}

    package mutating func add(_ method: HTTPRequest.Method, _ pattern: String) {
        let segments = Self.segments(of: pattern)
        let methods = method == .get ? [method, .head] : [method]
        if let index = self.entries.firstIndex(where: { $0.segments == segments }) {
            self.entries[index].methods += methods
        } else {
            self.entries.append(Entry(segments: segments, methods: methods))
        }
    }

    /// The methods of a raw request path; empty when no pattern matches it.
    ///
    /// Of patterns that match, the ones with the fewest parameters count, as they do in the router.
    package func methods(for path: String) -> [HTTPRequest.Method] {
        let segments = Self.segments(of: path)
        let matches = self.entries.filter { Self.matches($0.segments, segments) }
        let fewest = matches.map(\.parameters).min()
        return matches.filter { $0.parameters == fewest }.flatMap(\.methods)
    }

    private static func segments(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }

    private static func matches(_ pattern: [Substring], _ segments: [Substring]) -> Bool {
        guard pattern.count == segments.count else { return false }
        return zip(pattern, segments).allSatisfy { pattern, segment in
            pattern.hasPrefix("{") ? !segment.isEmpty : pattern == segment
        }
    }
}
