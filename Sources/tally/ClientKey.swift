import App
import ArgumentParser
import FoundationEssentials
import Secrets

/// The API key with which a command calls the service: from the file that `TALLY_API_KEY_FILE` names.
///
/// Not an option: everybody on the machine can read a command line.
enum ClientKey {
    /// `nil` without that variable.
    static func read() throws -> String? {
        guard let path = ProcessInfo.processInfo.environment[SettingValues.clientKeyVariable], !path.isEmpty else {
            return nil
        }
        let line: String?
        do { line = try SecretFile.firstLine(path) } catch {
            throw ValidationError("\(SettingValues.clientKeyVariable) names \(path), which is not used: \(error)")
        }
        guard let line, line.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw ValidationError("\(path) does not hold an API key") }
        return line
    }
}
