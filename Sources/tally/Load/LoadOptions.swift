import ArgumentParser
import Load

/// The options of every load: the service that it calls, and how long it waits for an answer.
struct LoadOptions: ParsableArguments {
    @Option(help: "Where to send, http or https; may be repeated. Without it, the 'tally dev', else 127.0.0.1:8080.")
    var url: [String] = []

    @Option(help: "PEM file of the certificate authorities to trust, instead of the system's.")
    var caFile: String?

    @Option(
        name: [.customLong("timeout"), .customLong("request-timeout")],
        help: "Seconds to wait for an answer: 10, and 20 for coins, whose transaction may take 10 to be accepted."
    )
    var timeout: Double?

    /// The API key is that of `TALLY_API_KEY_FILE`.
    func fill(_ configuration: inout some CallingLoad, near place: DirOptions) throws {
        if !self.url.isEmpty {
            configuration.entry.urls = self.url
        } else if let system = try place.system {
            configuration.entry.urls = [system.url]
        }
        configuration.entry.apiKey = try ClientKey.read()
        configuration.entry.authorityFile = self.caFile
        if let timeout = self.timeout { configuration.requestTimeout = .seconds(timeout) }
    }
}

/// The options of a load whose changes have keys, and may be sent twice.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Share of the changes with keys that are deliberately sent twice, half of them both at once.")
    var repeatShare = 0.05

    @Option(help: "Decides all that is drawn: users, amounts, order and repeats.")
    var seed = 7

    func fill(_ configuration: inout some ChangingLoad) {
        configuration.repeatShare = self.repeatShare
        configuration.seed = self.seed
    }
}

/// The options of how a load of one system's changes is sent.
struct SendingOptions: ParsableArguments {
    @OptionGroup var changes: ChangeOptions

    @Option(help: "Threads that send.")
    var threads = 1

    @Option(help: "Seconds after which the sending, or each of its parts, ends in any case.")
    var timeLimit: Double?

    @Flag(help: "A proxy in between may repeat requests by itself: an only answer may be a replay.")
    var behindProxy = false

    func fill(_ configuration: inout some SendingLoad) {
        self.changes.fill(&configuration)
        configuration.threads = self.threads
        configuration.timeLimit = self.timeLimit.map { .seconds($0) }
        configuration.isBehindProxy = self.behindProxy
    }
}

protocol CallingLoad {
    var entry: LoadService { get set }
    var requestTimeout: Duration { get set }
}

protocol ChangingLoad: CallingLoad {
    var repeatShare: Double { get set }
    var seed: Int { get set }
}

protocol SendingLoad: ChangingLoad {
    var threads: Int { get set }
    var timeLimit: Duration? { get set }
    var isBehindProxy: Bool { get set }
}

extension AcceptLoadConfiguration: CallingLoad {}

extension MixedLoadConfiguration: ChangingLoad {}

extension LedgerLoadConfiguration: SendingLoad {}

extension PaymentsLoadConfiguration: SendingLoad {}

extension DistributeLoadConfiguration: SendingLoad {}

extension CouponsLoadConfiguration: SendingLoad {}
