import App
import ArgumentParser
import FoundationEssentials

/// The API key with which a command calls the service: from the file that `TALLY_API_KEY_FILE` names.
///
/// Not an option: what stands on a command line, everybody on the machine can read.
enum ClientKey {
    /// `nil` without that variable.
    static func read() throws -> String? {
        guard let path = ProcessInfo.processInfo.environment[SettingValues.clientKeyVariable], !path.isEmpty else {
            return nil
        }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw ValidationError("\(SettingValues.clientKeyVariable) names a file that cannot be read: \(path)")
        }
        let text = String(decoding: data, as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).first,
            line.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw ValidationError("\(path) does not hold an API key") }
        return String(line)
    }
}
