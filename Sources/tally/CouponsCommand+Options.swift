import ArgumentParser
import CouponAPI
import CouponClient
import Dev
import SwiftProtobuf
import TLS

/// The service that a command calls, and how it prints.
struct CallOptions: ParsableArguments {
    @Option(help: "Where the service is. Without it, the 'tally dev', else http://127.0.0.1:8080.")
    var url: String?

    @OptionGroup var place: DirOptions

    @Option(help: "PEM file of the certificate authorities to trust, instead of the system's.")
    var caFile: String?

    @Flag(help: "Print JSON, with the names of the interface.")
    var json = false

    func validate() throws {
        if let url, ServiceURL(url) == nil {
            throw ValidationError("--url must look like https://HOST or http://127.0.0.1:8080, not '\(url)'")
        }
        guard let caFile else { return }
        do { _ = try TLSFiles.clientContext(nil, authority: caFile) } catch {
            throw ValidationError("--ca-file: \(error)")
        }
    }

    var client: CouponClient {
        get throws {
            let text = try self.url ?? self.place.system?.url ?? "http://127.0.0.1:8080"
            guard var url = ServiceURL(text) else { throw ValidationError("--url is no URL") }
            url.apiKey = try ClientKey.read()
            url.authorityFile = self.caFile
            return CouponClient(url)
        }
    }

    /// Calls a method.
    ///
    /// `requestID` is what makes a repetition safe.
    func call<Answer: Message>(
        _ method: String,
        _ request: some Message,
        requestID: String? = nil
    ) async throws -> Answer {
        let client = try self.client
        do throws(CouponClientError) {
            return try await client.call(method, request)
        } catch {
            if let requestID, case .broken = error {
                StandardError.write(
                    "it may have been done: to be sure, repeat it with --request-id \(ShellWord(requestID))\n"
                )
            }
            throw error
        }
    }

    /// Follows a campaign until `tell` says false; that it goes on elsewhere is said on standard error.
    func watch(
        _ campaign: Int64,
        from cursor: String,
        _ tell: (Coupon_V1_WatchCampaignResponse) -> Bool
    ) async throws {
        let watch = CampaignFollower(try self.client, campaign: campaign)
        try await watch.run(from: cursor, tell) { error, cursor in
            let reason = error.map { "\($0)" } ?? "the service ended it"
            StandardError.write("going on from \(TerminalText.printable(cursor)): \(reason)\n")
        }
    }

    func print<Answer: Message>(_ answer: Answer, as text: (Answer) -> String) throws {
        Swift.print(self.json ? try answer.jsonString() : text(answer))
    }
}

/// The option that makes it safe to repeat a command.
struct RepetitionOptions: ParsableArguments {
    @Option(help: "A repetition with the same one does nothing again; without it, one is made up.")
    var requestID: String?

    /// The id that was given, or a new one: ask once.
    func makeID() -> String {
        self.requestID ?? "cli-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
