package import NIOCore

/// Asks the service what it counted.
package struct UniquesClient: Sendable {
    /// Pages read for one answer; at 1000 windows each this is a year of minutes.
    package static let pageLimit = 600

    private let http: HTTPGetter
    private let targets: [LoadTarget]

    package init(targets: [LoadTarget], group: any EventLoopGroup) {
        self.http = HTTPGetter(group: group)
        self.targets = targets
    }

    /// All windows that begin between two instants, in seconds since 1970.
    ///
    /// Asks one target after the other until one answers, since in a fault run any of them may be down.
    package func report(from: Int64, to: Int64) async throws(LoadError) -> UniquesReport {
        var last = LoadError.cannotCheck("no target")
        for target in self.targets {
            do throws(LoadError) { return try await self.report(of: target, from: from, to: to) } catch { last = error }
        }
        throw last
    }

    private func report(of target: LoadTarget, from: Int64, to: Int64) async throws(LoadError) -> UniquesReport {
        var path = "/api/uniques?from=\(RFC3339.text(from))&to=\(RFC3339.text(to))"
        var report: UniquesReport?
        for _ in 0..<Self.pageLimit {
            let (status, body) = try await self.http.get(path, of: target)
            guard status == 200 else { throw .cannotCheck("GET /api/uniques answered \(status)") }
            let page = try UniquesPage(body)
            var sum = report ?? UniquesReport(windowSeconds: Int64(page.windowSeconds), windows: [:])
            try sum.add(page)
            guard let next = page.next else { return sum }
            guard next.hasPrefix("/"), !next.contains(where: \.isWhitespace) else {
                throw .cannotCheck("/api/uniques answered a next page that is not a path")
            }
            path = next
            report = sum
        }
        throw .cannotCheck("/api/uniques has more than \(Self.pageLimit) pages")
    }
}
