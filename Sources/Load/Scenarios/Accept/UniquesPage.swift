import FoundationEssentials

/// One page of what the service answers to `GET /api/uniques`.
package struct UniquesPage: Hashable, Sendable, Decodable {
    package struct Minute: Hashable, Sendable, Decodable {
        /// Start of the window, RFC 3339.
        package let minute: String
        package let uniqueCount: Int
        /// `closed` once the count is final.
        package let state: String
    }

    package let windowSeconds: Int
    package let minutes: [Minute]
    package let next: String?

    /// Reads a page, and refuses one without the fields above.
    package init(_ body: [UInt8]) throws(LoadError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { self = try decoder.decode(UniquesPage.self, from: Data(body)) } catch {
            throw .cannotCheck("/api/uniques answered something else than expected")
        }
        guard self.windowSeconds > 0 else { throw .cannotCheck("/api/uniques answered window_seconds below 1") }
    }
}

/// The counts that the service reports, by start of the window in seconds since 1970.
package struct UniquesReport: Hashable, Sendable {
    package struct Window: Hashable, Sendable {
        package var count: Int
        package var isClosed: Bool

        package init(count: Int, isClosed: Bool) {
            self.count = count
            self.isClosed = isClosed
        }
    }

    package var windowSeconds: Int64
    package var windows: [Int64: Window]

    package init(windowSeconds: Int64, windows: [Int64: Window]) {
        self.windowSeconds = windowSeconds
        self.windows = windows
    }

    /// Adds the windows of a page; one that was there already is an error.
    package mutating func add(_ page: UniquesPage) throws(LoadError) {
        guard Int64(page.windowSeconds) == self.windowSeconds else {
            throw .cannotCheck("the length of a window changed between two answers")
        }
        for minute in page.minutes {
            guard let start = RFC3339.seconds(minute.minute), minute.uniqueCount >= 0 else {
                throw .cannotCheck("/api/uniques answered an unreadable window")
            }
            let window = Window(count: minute.uniqueCount, isClosed: minute.state == "closed")
            guard self.windows.updateValue(window, forKey: start) == nil else {
                throw .cannotCheck("/api/uniques listed the window \(minute.minute) twice")
            }
        }
    }
}
