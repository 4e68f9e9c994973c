/// Why a system on one machine did not come up, or did not stay.
///
/// When it is thrown, nothing that was started is left. Its description is for the person at the terminal.
package enum DevError: Error, Hashable, Sendable, CustomStringConvertible {
    case outOfRange(String)
    case programMissing(program: String, package: String)
    case directoryInUse(String)
    case directoryForeign(String)
    case directoryUnusable(path: String, reason: String)
    case portInUse(Int)
    case noFreePort
    case childEnded(name: String, how: String, log: String, lastLines: String)
    case childNeverReady(name: String, log: String, lastLines: String)
    /// A second signal cut the stop short.
    case killed

    package var description: String {
        switch self {
        case .outOfRange(let what):
            "A setting is out of range: \(what)."
        case .programMissing(let program, let package):
            "\(program) is not installed. Run scripts/setup, or install the Debian package \(package)."
        case .directoryInUse(let path):
            "Another tally dev is running in \(path). Stop it, or give --dir and --port of your own."
        case .directoryForeign(let path):
            "\(path) holds things that tally dev did not make. Give another --dir."
        case .directoryUnusable(let path, let reason):
            "\(path) cannot be used: \(reason)."
        case .portInUse(let port):
            "Port \(port) is in use. Stop what listens there, or give another --port."
        case .noFreePort:
            "No free port was found on 127.0.0.1."
        case .childEnded(let name, let how, let log, let lastLines):
            "\(name) ended before it was ready (\(how)). From \(log):\n\(lastLines)"
        case .childNeverReady(let name, let log, let lastLines):
            "\(name) runs but never became ready. From \(log):\n\(lastLines)"
        case .killed:
            "Stopped at once by a second signal."
        }
    }
}
