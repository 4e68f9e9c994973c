private import FoundationEssentials

/// The chain that the faucet of a system sends on.
package enum DevChain: Hashable, Sendable {
    /// One of our own, as a child: Hardhat when it is installed and does what is asked for, else the fallback node.
    case local
    /// A node that runs elsewhere, by its URL.
    case url(String)
    case none

    /// The node whose pool rules a local chain has.
    package enum Rules: String, Sendable, CaseIterable { case hardhat, geth }

    /// When a local chain makes blocks.
    package enum Mining: Hashable, Sendable, CustomStringConvertible {
        /// One for each transaction, at once.
        case auto
        /// One by the clock, 1…3600 s apart.
        case interval(seconds: Int)

        /// Reads `auto` or `interval:SECONDS`.
        package init?(_ text: String) {
            if text == "auto" {
                self = .auto
            } else if text.hasPrefix("interval:"), let seconds = Int(text.dropFirst(9)), 1...3600 ~= seconds {
                self = .interval(seconds: seconds)
            } else {
                return nil
            }
        }

        package var description: String {
            switch self {
            case .auto: "auto"
            case .interval(let seconds): "interval:\(seconds)"
            }
        }
    }

    /// How a local chain behaves.
    package struct Options: Hashable, Sendable {
        /// Default hardhat.
        package var rules: Rules
        /// Default auto.
        package var mining: Mining
        /// Whether it answers the methods that break it, default false.
        package var hasFaults: Bool

        package init(rules: Rules = .hardhat, mining: Mining = .auto, hasFaults: Bool = false) {
            self.rules = rules
            self.mining = mining
            self.hasFaults = hasFaults
        }
    }

    /// Reads `local`, `none` or a URL of HTTP.
    package init?(_ text: String) {
        switch text {
        case "local": self = .local
        case "none": self = .none
        default:
            guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host != nil else {
                return nil
            }
            self = .url(text)
        }
    }

    /// The port of a node of this machine that runs elsewhere.
    package var port: Int? {
        guard case .url(let text) = self, let url = URL(string: text), url.host == "127.0.0.1" else { return nil }
        return url.port
    }
}
