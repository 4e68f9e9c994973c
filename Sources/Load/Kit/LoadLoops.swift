import NIOCore
import NIOPosix

/// The event loops of one load, which end with it.
enum LoadLoops {
    /// Runs a load on as many loops, once everything that it calls can be reached.
    static func run<Report: Sendable>(
        threads: Int,
        calling targets: [LoadTarget],
        _ load: (MultiThreadedEventLoopGroup) async throws(LoadError) -> Report
    ) async throws(LoadError) -> Report {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let result: Result<Report, LoadError>
        do throws(LoadError) {
            let probe = HTTPGetter(group: group)
            for target in targets { try await probe.probe(target) }
            result = .success(try await load(group))
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }
}
