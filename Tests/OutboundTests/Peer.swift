import Foundation

/// A process that plays the other side, and ends with the test that started it.
///
/// Its commands are in `Peer/peer.py`.
final class Peer: Sendable {
    struct Counts: Decodable {
        var connections: Int
        var requests: Int
        var open: Int
        var paths: [String]
    }

    private struct Started: Decodable { var port: Int }

    let port: Int
    private let process: Process
    private let input: FileHandle
    private let output: Lines

    /// Starts a peer and waits until it listens.
    init(_ arguments: String..., table: [String: [[[String]]]]? = nil) async throws {
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Peer/peer.py")
        process.arguments = ["python3", script.path] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.process = process
        self.input = input.fileHandleForWriting
        self.output = Lines(output.fileHandleForReading)
        if let table { try self.input.write(contentsOf: JSONEncoder().encode(table) + Data("\n".utf8)) }
        self.port = try JSONDecoder().decode(Started.self, from: try await self.output.next()).port
    }

    deinit {
        try? self.input.close()
        self.process.terminate()
        self.process.waitUntilExit()
    }

    func counts() async throws -> Counts {
        try self.input.write(contentsOf: Data("counts\n".utf8))
        return try JSONDecoder().decode(Counts.self, from: try await self.output.next())
    }
}

/// The lines of a pipe, read on a thread that may block.
private actor Lines {
    struct Ended: Error {}

    private let handle: FileHandle
    private var rest = Data()

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    func next() async throws -> Data {
        while true {
            if let end = self.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(self.rest[..<end])
                self.rest = Data(self.rest[self.rest.index(after: end)...])
                return line
            }
            let handle = self.handle
            let piece = await withCheckedContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(returning: handle.availableData) }
            }
            guard !piece.isEmpty else { throw Ended() }
            self.rest += piece
        }
    }
}
