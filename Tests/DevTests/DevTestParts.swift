import Dev
import Foundation
import Glibc
import NIOCore
import NIOPosix
import Testing

/// Whether a process runs; one that has ended but was not reaped does not.
func isRunning(_ pid: Int) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return status.split(separator: ")").last?.split(separator: " ").first != "Z"
}

/// A folder that is gone after the body, with a space in its name.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "tally dev \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}

func contents(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

func pid(_ path: String) -> Int? {
    contents(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
}

/// Sends the bytes on a connection of their own and returns everything that comes back, or what came until `end`.
func exchange(_ request: String, port: Int, until end: String? = nil) async throws -> String {
    try await exchange(bytes: Array(request.utf8), port: port, until: end)
}

/// The same with bytes that may be no text.
func exchange(bytes request: [UInt8], port: Int, until end: String? = nil) async throws -> String {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(bytes: request))
        var answer = ""
        for try await part in inbound {
            answer += String(buffer: part)
            if let end, answer.contains(end) { break }
        }
        return answer
    }
}

/// Stops of a supervisor that a test gives by hand.
struct Stops: Sendable {
    let sequence: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (self.sequence, self.continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func stop() { self.continuation.yield() }
}
