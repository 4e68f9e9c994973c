package import NIOCore

/// Follows accepted payments to their end, over a few connections and one event loop of its own.
package struct PaymentFollower: Sendable {
    /// Seconds that the service may wait for a payment's end before it answers: 2, below every proxy's patience.
    private static let waitSeconds = 2

    private let targets: [LoadTarget]
    private let loop: any EventLoop
    private let plan: PaymentPlan
    private let book: PaymentBook
    private let queue: FollowQueue
    private let timeout: Duration

    package init(
        targets: [LoadTarget],
        loop: any EventLoop,
        plan: PaymentPlan,
        book: PaymentBook,
        queue: FollowQueue,
        timeout: Duration
    ) {
        self.targets = targets
        self.loop = loop
        self.plan = plan
        self.book = book
        self.queue = queue
        self.timeout = timeout + .seconds(Self.waitSeconds)
    }

    /// Asks with one connection until the queue is over; `place` chooses the target to begin with.
    package func run(place: Int) async {
        var reader = AccountClient(
            ExchangeReader(
                targets: self.targets,
                place: place,
                loop: self.loop,
                timeout: self.timeout,
                patience: .seconds(1)
            )
        )
        defer { reader.close() }

        while !Task.isCancelled {
            switch self.queue.next(at: MonotonicClock.now) {
            case .over: return
            case .wait(let nanoseconds):
                // Cancelled only when the load is, which the loop's head sees.
                try? await Task.sleep(for: .nanoseconds(nanoseconds))
            case .look(let number):
                let isOver = await self.look(number, &reader)
                self.queue.looked(number, isOver: isOver, at: MonotonicClock.now)
            }
        }
    }

    private func look(_ number: Int, _ reader: inout AccountClient) async -> Bool {
        guard let id = self.book.id(number) else { return true }
        do throws(LoadError) {
            let look = try await reader.look(id, number: number, of: self.plan, waitSeconds: Self.waitSeconds)
            return self.book.note(number, look)
        } catch {
            // A service that is away is asked again later.
            return false
        }
    }
}

extension AccountClient {
    /// The service's answer about a payment, when it is over or after so many seconds.
    package mutating func look(
        _ id: PaymentULID,
        number: Int,
        of plan: PaymentPlan,
        waitSeconds: Int = 0
    ) async throws(LoadError) -> PaymentLook {
        let wait = waitSeconds > 0 ? "?wait=\(waitSeconds)" : ""
        let answer = try await self.http.get("/payments/\(id)\(wait)")
        return PaymentLook(answer, id: id, number: number, of: plan)
    }
}
