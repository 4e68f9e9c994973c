import JSON
import Web

/// All settings, printed.
package enum SettingListing {
    package static func text(_ values: SettingValues) -> String {
        Settings.all.map { setting in
            let value = Self.shown(setting, values[setting])
            return """
                \(setting.name) = \(value)   (from \(values[setting].source))
                    \(setting.summary).
                    \(setting.kindText); default \(setting.defaultText.isEmpty ? "none" : setting.defaultText); \
                \(setting.environmentName), \(setting.optionName)
                """
        }.joined(separator: "\n")
    }

    package static func json(_ values: SettingValues) -> String {
        let rows = Settings.all.map { setting in
            let members = [
                ("type", setting.kindText), ("default", setting.defaultText),
                ("value", Self.shown(setting, values[setting])), ("source", values[setting].source),
                ("environment", setting.environmentName), ("option", setting.optionName),
                ("summary", setting.summary),
            ]
            let body = members.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined(separator: ",")
            return "\(JSONText.quoted(setting.name)):{\(body)}"
        }
        return "{" + rows.joined(separator: ",") + "}"
    }

    /// A URL's password is hidden, and the path of a node, which may be a key; everything else is shown.
    private static func shown(_ setting: Setting, _ value: SettingValues.Value) -> String {
        let text = value.text
        if setting == Settings.faucetRPC, !text.isEmpty {
            let nodes = text.split(separator: ",").map { url in
                let words = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
                return words.prefix(3).joined(separator: "/") + (words.count > 3 && !words[3].isEmpty ? "/***" : "")
            }
            return nodes.joined(separator: ",")
        }
        guard setting.mayHoldSecret, let at = text.lastIndex(of: "@"), let slash = text.firstIndex(of: "/") else {
            return text.isEmpty ? "none" : text
        }
        let start = text[slash..<at].drop { $0 == "/" }.startIndex
        let user = text[start..<at].prefix { $0 != ":" }
        return "\(text[..<start])\(user):***\(text[at...])"
    }
}
