import App
import Foundation
import Outbound
import Payments
import Secrets
import Testing
import Uniques

struct SettingValuesTests {
    private func values(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:],
        file: String? = nil
    ) throws -> SettingValues {
        guard let file else {
            return try SettingValues(arguments: arguments, environment: environment, file: nil)
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "tally-\(UUID().uuidString).json")
        try Data(file.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try SettingValues(arguments: arguments, environment: environment, file: path.path)
    }

    private func setting(_ name: String) throws -> Setting {
        try #require(Settings.all.first { $0.name == name })
    }

    @Test func `the command line wins over the environment, which wins over the file, which wins over the default`()
        throws
    {
        let port = try self.setting("port")
        let file = #"{"port":3,"uniques":{"windowSeconds":10}}"#
        #expect(try self.values()[port].text == "8081")
        #expect(try self.values(file: file)[port].text == "3")
        #expect(try self.values([], ["TALLY_PORT": "2"], file: file)[port].text == "2")
        #expect(try self.values(["--port", "1"], ["TALLY_PORT": "2"], file: file)[port].text == "1")
        let window = try self.setting("uniques.windowSeconds")
        #expect(try self.values(file: file)[window].text == "10")
        #expect(try self.values([], ["TALLY_UNIQUES_WINDOW_SECONDS": "5"])[window].source == "environment")
    }

    @Test(arguments: [
        ["--redis-password-file", "FILE"], ["--payments-webhook-secret-file", "FILE"],
        ["--coupons-code-keys", "1:FILE"],
    ])
    func `a secret's file that others may read is refused, whichever it is`(arguments: [String]) throws {
        let secrets = ["password", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", String(repeating: "1f", count: 32)]
        let secret = secrets[arguments[0].contains("redis") ? 0 : arguments[0].contains("webhook") ? 1 : 2]
        let path = FileManager.default.temporaryDirectory.appending(path: "tally-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let values = try self.values(arguments.map { $0.replacing("FILE", with: path) })
        for (mode, isTaken) in [(0o600, true), (0o400, true), (0o644, false), (0o604, false), (0o660, false)] {
            try? FileManager.default.removeItem(atPath: path)
            try Data("\(secret)\n".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            if isTaken {
                _ = try AppConfiguration(values, processName: "test", coreCount: 1)
            } else {
                let refusal = SettingsError.fileUnreadable(
                    path: path,
                    reason: "\(SecretFileError.tooOpen(mode: UInt32(mode)))"
                )
                #expect(throws: refusal) { try AppConfiguration(values, processName: "test", coreCount: 1) }
            }
        }
    }

    @Test(arguments: Settings.all)
    func `each setting is read from the command line and from the environment by its own names`(
        setting: Setting
    ) throws {
        let other: String
        switch setting.kind {
        case .text, .list, .secretFile, .file: other = "other"
        case .integer(let range): other = String(range.upperBound)
        case .decimal(let range): other = String(range.upperBound)
        case .choice(let choices): other = try #require(choices.words.last)
        }
        let given = try self.values([setting.optionName, other])[setting]
        #expect(given.source == "command line" && given.text == other)
        let surrounding = try self.values([], [setting.environmentName: other])[setting]
        #expect(surrounding.source == "environment" && surrounding.text == other)
    }

    @Test func `each word of a choice is explained in the order in which it is listed, and the document has the same`()
        throws
    {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let document = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        for setting in Settings.all {
            guard case .choice(let choices) = setting.kind else { continue }
            let words = choices.words.map { "`\($0)`" }.joined(separator: " or ")
            let row = "| `\(setting.name)` | \(words) | `\(setting.defaultText)` | \(setting.summary) |"
            #expect(document.contains("\n\(row)\n"), "\(row)")
            let places = choices.meanings.isEmpty ? [] : choices.words.map { setting.summary.range(of: "\($0): ") }
            let starts = places.compactMap { $0?.lowerBound }
            #expect(starts.count == places.count && starts == starts.sorted())
        }
        let steps = try self.setting("payments.steps").summary
        #expect(steps.contains("whole: one worker does all") && steps.contains("split: one worker takes the locks"))
    }

    @Test(arguments: [("one-step", "whole"), ("one-script", "whole"), ("two-shard", "split")])
    func `a word of the version before is understood wherever it is written, and told as what it is today`(
        written: String,
        today: String
    ) throws {
        let steps = try self.setting("payments.steps")
        let file = #"{"payments":{"steps":"\#(written)"}}"#
        let sources = [
            try self.values([steps.optionName, written]), try self.values([], [steps.environmentName: written]),
            try self.values(file: file),
        ]
        for values in sources {
            #expect(values[steps].text == today)
            let told = try #require(values.formerWords.first)
            #expect(told.setting == steps.name && told.source == values[steps].source)
            #expect(told.written == written && told.today == today && values.formerWords.count == 1)
            let configuration = try AppConfiguration(values, processName: "test-1", coreCount: 1)
            #expect(configuration.formerWords == [told] && configuration.payments.payments.steps.rawValue == today)
            for listing in [SettingListing.text(values), SettingListing.json(values)] {
                #expect(listing.contains(today) && !listing.contains(written))
            }
        }
        // A child process shall say so, too: it gets what was written.
        #expect(sources[0].given.map(\.text) == [written])
        #expect(try self.values([steps.optionName, today]).formerWords.isEmpty)
    }

    @Test(arguments: [["--prot", "1"], ["--uniques-window", "5"], ["stray"]])
    func `an unknown option stops the start`(arguments: [String]) {
        #expect(throws: SettingsError.self) { try self.values(arguments) }
    }

    @Test func `an unknown variable or file key stops the start`() {
        #expect(throws: SettingsError.unknown(name: "TALLY_PROT", source: "the environment")) {
            try self.values([], ["TALLY_PROT": "1"])
        }
        #expect(throws: SettingsError.self) { try self.values(file: #"{"uniques":{"window":1}}"#) }
        #expect(throws: SettingsError.self) { try self.values(file: #"{"port":1,"port":2}"#) }
        #expect(throws: SettingsError.self) { try self.values(file: #"{"http":{"allowedHosts":[null]}}"#) }
        #expect(throws: SettingsError.self) { try self.values(file: #"{"port":"80"}"#) }
    }

    @Test(arguments: [
        ["--port", "70000"], ["--port", "x"], ["--uniques-store", "bitmap"], ["--drain-delay-seconds", "-1"],
        ["--http-body-limit-bytes", "1.5"],
    ])
    func `a value out of its range stops the start`(arguments: [String]) {
        #expect(throws: SettingsError.self) { try self.values(arguments) }
    }

    @Test func `each setting has its own name, in every spelling, and a default that is valid`() throws {
        #expect(Set(Settings.all.map(\.environmentName)).count == Settings.all.count)
        #expect(Set(Settings.all.map(\.optionName)).count == Settings.all.count)
        for setting in Settings.all where !setting.defaultText.isEmpty {
            let values = try self.values([], [setting.environmentName: setting.defaultText])
            #expect(Double(values[setting].text) == Double(setting.defaultText))
        }
        _ = try AppConfiguration(self.values(), processName: "test-1", coreCount: 2)
    }

    @Test func `the listing hides the password of a URL`() throws {
        let values = try self.values([], ["TALLY_REDIS_URL": "redis://user:hush@there:1/0"])
        for listing in [SettingListing.text(values), SettingListing.json(values)] {
            #expect(!listing.contains("hush"))
            #expect(listing.contains("user:***@there"))
        }
    }

    @Test func `lists are split at commas`() throws {
        let setting = try self.setting("uniques.reportEndpoints")
        let values = try self.values([], ["TALLY_UNIQUES_REPORT_ENDPOINTS": "http://a/x, http://b/y"])
        #expect(values[setting].texts == ["http://a/x", "http://b/y"])
        let configuration = try AppConfiguration(values, processName: "test-1", coreCount: 2)
        #expect(configuration.uniques.reportEndpoints.map(\.host) == ["a", "b"])
    }
}
