private import FoundationEssentials

/// Finds the programs that are not ours.
package enum Programs {
    /// The absolute path of a program, found on PATH or in the folders where Debian keeps servers.
    ///
    /// An ordinary user's PATH has no `sbin`.
    package static func find(
        _ program: String,
        package: String,
        path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
    ) throws(DevError) -> String {
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin"]
        for folder in folders where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(program)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw .programMissing(program: program, package: package)
    }

    /// The given binary, or that of this process.
    package static func tally(_ given: String?) throws(DevError) -> String {
        if let given { return given }
        let link = "/proc/self/exe"
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: link)
        } catch {
            throw .directoryUnusable(path: link, reason: "\(error)")
        }
    }
}
