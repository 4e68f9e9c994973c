private import FoundationEssentials

/// The program that runs a local chain, and the place where it was found.
package enum DevChainProgram: Hashable, Sendable {
    /// `folder` is the project's `node`.
    case hardhat(node: String, folder: String)
    case fallback(folder: String)

    /// The program that is installed; `nil` for none.
    ///
    /// Hardhat knows its own rules only, and cannot be broken on purpose. `executable` is the binary of `tally`: the
    /// project is looked for in the folders above it, and then in the working directory.
    package static func find(
        _ options: DevChain.Options,
        folder given: String?,
        executable: String
    ) -> DevChainProgram? {
        guard let folder = given ?? Self.folder(above: executable) else { return nil }
        let files = FileManager.default
        if options == DevChain.Options(), files.fileExists(atPath: "\(folder)/node_modules/.bin/hardhat"),
            // Without Node.js its packages are of no use.
            let node = try? Programs.find("node", package: "nodejs")
        {
            return .hardhat(node: node, folder: folder)
        }
        let isThere = files.isExecutableFile(atPath: "\(folder)/.venv/bin/python")
        return isThere ? .fallback(folder: folder) : nil
    }

    /// The program, its arguments, and the folder in which it runs; `data` is where blocks may be kept.
    package func command(
        _ options: DevChain.Options,
        port: Int,
        data: String
    ) -> (executable: String, arguments: [String], folder: String) {
        switch self {
        case .hardhat(let node, let folder):
            let arguments = ["node_modules/.bin/hardhat", "node", "--hostname", "127.0.0.1", "--port", "\(port)"]
            return (node, arguments, folder)
        case .fallback(let folder):
            let arguments = [
                "\(folder)/chain.py", "--port", "\(port)", "--data", data, "--rules", options.rules.rawValue,
                "--mining", "\(options.mining)",
            ]
            return ("\(folder)/.venv/bin/python", arguments + (options.hasFaults ? ["--faults"] : []), folder)
        }
    }

    private static func folder(above executable: String) -> String? {
        let files = FileManager.default
        var candidates: [String] = []
        var folder = executable
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            candidates.append("\(folder)/node")
        }
        candidates.append("\(files.currentDirectoryPath)/node")
        return candidates.first { files.fileExists(atPath: "\($0)/chain.py") }
    }
}
