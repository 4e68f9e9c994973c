/// The service that a load calls, and how: the same for every load.
package struct LoadService: Hashable, Sendable {
    /// Origins to send to; connections are spread over them, and what is sent again goes to another one.
    ///
    /// Default `http://127.0.0.1:8080`.
    package var urls = ["http://127.0.0.1:8080"]
    /// The API key of all requests, where one is asked for.
    package var apiKey: String?
    /// PEM file of the certificate authorities to trust, instead of the system's.
    package var authorityFile: String?

    package init() {}

    /// The parsed origins, at least one.
    package func targets() throws(LoadError) -> [LoadTarget] {
        guard !self.urls.isEmpty else { throw .badArgument("--url is missing") }
        var targets: [LoadTarget] = []
        for url in self.urls {
            targets.append(try LoadTarget(url, apiKey: self.apiKey, authorityFile: self.authorityFile))
        }
        return targets
    }
}

/// The settings of a load, whatever it sends.
package protocol LoadConfiguration: Sendable {
    var entry: LoadService { get set }
}

extension LoadConfiguration {
    package var urls: [String] {
        get { self.entry.urls }
        set { self.entry.urls = newValue }
    }
}
