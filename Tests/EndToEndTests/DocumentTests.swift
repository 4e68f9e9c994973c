import Foundation
import Support
import Testing

/// Every fenced command of README.md, CONTRIBUTING.md and `docs/`, pasted into a shell beside one `tally dev`.
struct DocumentTests {
    @Test func `every fenced block has a language that says whether it is run`() throws {
        for block in try DocumentBlock.all() {
            let languages = ["sh", "python", "json", ""]
            #expect(languages.contains(block.language), "\(block.document):\(block.line): \(block.language)")
            // A command in a block without a language would be one that nobody runs.
            guard block.language.isEmpty else { continue }
            let words = ["curl ", "tally ", "scripts/", "docker ", "redis-cli ", "$ "]
            let commands = block.text.split(separator: "\n").filter { line in words.contains { line.hasPrefix($0) } }
            #expect(commands.isEmpty, "\(block.document):\(block.line): \(commands)")
        }
    }

    @Test func `each excuse and each shortened command is of a block that is there`() throws {
        let blocks = try DocumentBlock.all().filter { $0.language == "sh" }
        for excuse in DocumentExcuses.all {
            let found = blocks.filter { $0.document == excuse.document && $0.firstLine.hasPrefix(excuse.begin) }
            #expect(found.count == 1, "\(excuse)")
        }
        let run = try Self.runnable()
        for (command, _) in DocumentExcuses.shortened {
            #expect(run.contains { Self.lines(of: $0).contains(command) }, "\(command)")
        }
        #expect(run.count > 15)
    }

    @Test func `every fenced command does what it says, and commands find the system by its folder`() async throws {
        let arguments = ["--uniques-window-seconds", "2"]
        try await TallySystem.with(arguments, chain: []) { system in
            let folder = try Self.folder(system)
            for document in try Self.runnable().map(\.document).reduce(into: [], Self.appendNew) {
                let script = try Self.script(document, system, folder)
                let program = try Program("/bin/bash", ["-c", script])
                try await program.end(within: .seconds(240))
                let output = program.output
                #expect(program.exitCode == 0 && output.contains("THE END"), "\(document): \(output.suffix(3000))")
            }
            try await Self.checkDirectory(system)
        }
    }

    /// From a folder where there is no system, `--dir` names one.
    private static func checkDirectory(_ system: TallySystem) async throws {
        let place = ["--dir", system.directory.path]
        for command in [
            "audit ledger", "audit payments", "audit faucet", "audit coupons", "audit admin", "payments dead",
            "uniques dead", "faucet status", "keys list", "admin log", "coupons list",
            "load accept --requests 20 --connections 2 --no-check", "load ledger --users 2 --transactions 2",
            "load payments --accounts 4 --count 4", "load distribute --sequence 1 --at-once 1",
            "load coupons --coupons 4 --issues 2 --seconds 1 --start-in 0.5",
            "load mixed --rate 20 --seconds 1 --users 4",
        ] {
            let words = command.split(separator: " ").map(String.init)
            let answer = try await TallySystem.run(words + place)
            #expect(answer.code == 0, "\(command): \(answer.output.suffix(1500))")
            #expect(!answer.output.contains("not audited"), "\(command)")
        }
        let nowhere = try await TallySystem.run(["audit", "ledger", "--dir", system.directory.path + "/none"])
        #expect(nowhere.code == 64 && nowhere.output.contains("no 'tally dev' runs in"), "\(nowhere.output)")
    }

    private static func appendNew(_ documents: inout [String], _ document: String) {
        if !documents.contains(document) { documents.append(document) }
    }

    private static func runnable() throws -> [DocumentBlock] {
        try DocumentBlock.all().filter { block in
            block.language == "sh"
                && !DocumentExcuses.all.contains {
                    $0.document == block.document && block.firstLine.hasPrefix($0.begin)
                }
        }
    }

    /// The commands of a block, without comments and without the folder of the build.
    private static func lines(of block: DocumentBlock) -> [String] {
        block.text.split(separator: "\n").map { line in
            let command = line.firstRange(of: #/\s+#\s.*$/#).map { line[..<$0.lowerBound] } ?? line
            return String(command).replacing(".build/release/tally", with: "tally")
        }
    }

    /// A working folder with what the documents take for granted: the build, and a system in `.tally`.
    private static func folder(_ system: TallySystem) throws -> URL {
        let folder = try TemporaryFolder("tally-docs").url
        let files = FileManager.default
        let build = folder.appending(path: ".build/release")
        try files.createDirectory(at: build, withIntermediateDirectories: true)
        try files.createSymbolicLink(
            at: build.appending(path: "tally"),
            withDestinationURL: URL(filePath: TallySystem.executable)
        )
        try files.createSymbolicLink(at: folder.appending(path: ".tally"), withDestinationURL: system.directory)
        // A status that is no success ends the script, which the plain curl does not.
        let curl = build.appending(path: "curl")
        try "#!/bin/sh\nexec /usr/bin/curl -sS --fail-with-body --max-time 20 \"$@\"\n"
            .write(to: curl, atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: curl.path)
        return folder
    }

    private static func script(_ document: String, _ system: TallySystem, _ folder: URL) throws -> String {
        let blocks = try Self.runnable().filter { $0.document == document }.map { block in
            let lines = Self.lines(of: block).map { line in
                DocumentExcuses.shortened.first { $0.command == line }?.instead ?? line
            }
            return "echo '== \(document):\(block.line)'\n\(lines.joined(separator: "\n"))"
        }
        let text = blocks.joined(separator: "\n")
            .replacing("127.0.0.1:8080", with: "127.0.0.1:\(system.ports.http)")
        return """
            set -eo pipefail
            cd '\(folder.path)'
            PATH="$PWD/.build/release:$PATH"
            \(text)
            echo 'THE END'
            """
    }
}
