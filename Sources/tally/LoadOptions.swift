import ArgumentParser
import Load

/// The service that a load calls, and the authorities that it trusts: the same for every load.
struct LoadOptions: ParsableArguments {
    @Option(help: "Where to send, http or https; may be repeated. Without it, the 'tally dev', else 127.0.0.1:8080.")
    var url: [String] = []

    @Option(help: "PEM file of the certificate authorities to trust, instead of the system's.")
    var caFile: String?

    /// The API key is that of `TALLY_API_KEY_FILE`.
    func service(near place: DirOptions) throws -> LoadService {
        var service = LoadService()
        if !self.url.isEmpty {
            service.urls = self.url
        } else if let system = try place.system {
            service.urls = [system.url]
        }
        service.apiKey = try ClientKey.read()
        service.authorityFile = self.caFile
        return service
    }
}
