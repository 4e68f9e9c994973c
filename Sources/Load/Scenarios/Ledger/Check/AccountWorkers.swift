package import NIOCore
import Synchronization

/// Goes through users with several connections at once.
package struct AccountWorkers: Sendable {
    /// Connections at most: 16.
    private static let connectionLimit = 16

    private let targets: [LoadTarget]
    private let group: any EventLoopGroup
    private let connections: Int
    private let timeout: Duration
    private let patience: Duration

    /// Questions are given up after `timeout`, and a service that is away after `patience`.
    package init(
        targets: [LoadTarget],
        group: any EventLoopGroup,
        connections: Int,
        timeout: Duration,
        patience: Duration
    ) {
        self.targets = targets
        self.group = group
        self.connections = min(connections, Self.connectionLimit)
        self.timeout = timeout
        self.patience = patience
    }

    /// Calls `work` once for each user, in any order; ends early with the first error.
    package func forEach(
        _ users: some Collection<Int>,
        _ work: @escaping @Sendable (inout AccountClient, Int) async throws(LoadError) -> Void
    ) async throws(LoadError) {
        let queue = UserQueue(Array(users))
        let workers = min(self.connections, users.count)
        let error = await withTaskGroup(of: LoadError?.self) { group in
            for worker in 0..<workers {
                group.addTask { await self.work(queue, worker, work) }
            }
            var first: LoadError?
            for await error in group where first == nil { first = error }
            return first
        }
        if let error { throw error }
    }

    private func work(
        _ queue: UserQueue,
        _ worker: Int,
        _ work: @Sendable (inout AccountClient, Int) async throws(LoadError) -> Void
    ) async -> LoadError? {
        let http = ExchangeReader(
            targets: self.targets,
            place: worker,
            loop: self.group.next(),
            timeout: self.timeout,
            patience: self.patience
        )
        var reader = AccountClient(http)
        defer { reader.close() }

        while let user = queue.next() {
            do throws(LoadError) {
                if Task.isCancelled { throw .cancelled }
                try await work(&reader, user)
            } catch {
                queue.stop()
                return error
            }
        }
        return nil
    }
}

/// Hands out each user once.
private final class UserQueue: Sendable {
    private let users: [Int]
    private let place = Atomic<Int>(0)

    init(_ users: [Int]) { self.users = users }

    func next() -> Int? {
        let place = self.place.add(1, ordering: .relaxed).oldValue
        return place < self.users.count ? self.users[place] : nil
    }

    func stop() { self.place.store(self.users.count, ordering: .relaxed) }
}
