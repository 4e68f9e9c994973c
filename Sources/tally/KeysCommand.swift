import App
import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Hand out API keys, and take them back.",
        discussion: """
            Instances ask for keys when 'access.keys' is 'required', and know of a change within a second. Redis has \
            the SHA-256 of each secret only. Each change is an entry of 'tally admin log'.
            """,
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print it; it cannot be shown again.",
            discussion: "Scopes: \(APIKeyAdmin.scopes.joined(separator: ", "))."
        )

        @Argument(help: "Name of the owner; keys with one name are one caller's.")
        var name: String

        @Option(name: [.customLong("scope")], help: "A scope of the key; may be repeated.")
        var scopes: [String]

        @Option(help: "Days until it ends; for ever without it.")
        var days: Double?

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var nearby: NearbyOptions

        func validate() throws { try KeysCommand.check(days: self.days) }

        func run() async throws {
            // Separated by commas is as good.
            let scopes = self.scopes.flatMap { $0.split(separator: ",").map(String.init) }
            try await KeysCommand.told(json: self.json) {
                try await APIKeyAdmin(self.nearby.load("keys")).create(
                    name: self.name,
                    scopes: scopes,
                    life: self.days.map { $0 * 86_400 }
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all keys, without their secrets; those that ended for 90 days more."
        )

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            for line in try await APIKeyAdmin(self.nearby.load("keys")).list(isJSON: self.json) { print(line) }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key in the place of another, which goes on for a while."
        )

        @Argument(help: "The id of the old one.")
        var id: String

        @Option(help: "Hours that the old one goes on.")
        var overlapHours = 24.0

        @Option(help: "Days until the new one ends; for ever without it.")
        var days: Double?

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var nearby: NearbyOptions

        func validate() throws {
            try KeysCommand.check(days: self.days)
            try KeysCommand.check(hours: self.overlapHours, "--overlap-hours")
        }

        func run() async throws {
            try await KeysCommand.told(json: self.json) {
                try await APIKeyAdmin(self.nearby.load("keys")).rotate(
                    self.id,
                    overlap: self.overlapHours * 3600,
                    life: self.days.map { $0 * 86_400 }
                )
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key, at once or in a while.")

        @Argument(help: "Its id.")
        var id: String

        @Option(help: "Hours until it ends.")
        var afterHours = 0.0

        @OptionGroup var nearby: NearbyOptions

        func validate() throws { try KeysCommand.check(hours: self.afterHours, "--after-hours") }

        func run() async throws {
            let expires = try await APIKeyAdmin(self.nearby.load("keys")).revoke(
                self.id,
                after: self.afterHours * 3600
            )
            print("\(self.id) ends \(expires)")
        }
    }

    fileprivate static func check(days: Double?) throws {
        if let days, !(0.00002...36_500 ~= days) { throw ValidationError("--days is 0.00002 to 36500") }
    }

    fileprivate static func check(hours: Double, _ name: String) throws {
        guard 0...87_600 ~= hours else { throw ValidationError("\(name) is 0 to 87600") }
    }

    /// The key alone on stdout, so that it can be put into a file; the rest is for the eye.
    fileprivate static func told(json: Bool, _ make: () async throws -> APIKeyAdmin.Made) async throws {
        let made = try await make()
        if json {
            let expires = made.expires.map { "\"\($0)\"" } ?? "null"
            print("{\"key\":\"\(made.key)\",\"id\":\"\(made.id)\",\"expires_at\":\(expires)}")
        } else {
            StandardError.write("id \(made.id), ends \(made.expires ?? "never"); it is not shown again\n")
            print(made.key)
        }
    }
}
