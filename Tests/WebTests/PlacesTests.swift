import Support
import Synchronization
import Testing
import Web

/// Places that requests take, and who gets them.
struct PlacesTests {
    /// The requests that came, in order.
    private final class Order: Sendable {
        private let numbers = Mutex<[Int]>([])

        var all: [Int] { self.numbers.withLock { $0 } }

        func add(_ number: Int) { self.numbers.withLock { $0.append(number) } }
    }

    @Test func `one caller has a share of the places, and all together have no more than there are`() {
        let places = CallerPlaces(limit: 5, share: 2)
        let (shop, other) = (Caller(name: "shop"), Caller(name: "other"))
        #expect(places.enter(shop) && places.enter(shop) && !places.enter(shop))
        #expect(!places.hasRoom(for: shop) && places.hasRoom(for: other))
        #expect(places.enter(other) && places.enter(other))
        #expect(places.enter(.anonymous) && !places.enter(Caller(name: "third")) && !places.enter(.anonymous))
        #expect(places.count == 5)
        places.leave(shop)
        #expect(places.enter(Caller(name: "third")))
        places.leave(other)
        // A caller without a key is nobody in particular.
        #expect(places.enter(.anonymous))
        #expect(places.count == 5)
        for caller in [shop, other, .anonymous, .anonymous, Caller(name: "third")] { places.leave(caller) }
        #expect(places.count == 0 && places.enter(shop) && places.enter(shop) && !places.enter(shop))
    }

    @Test func `callers without a key may have all places`() {
        let places = CallerPlaces(limit: 3, share: 1)
        for _ in 0..<3 { #expect(places.enter(.anonymous)) }
        #expect(!places.enter(.anonymous))
    }

    @Test func `costly work waits for its turn, in order, and too many are refused`() async throws {
        let places = CostlyPlaces(limit: 1)
        let order = Order()
        let gate = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await places.run { for await _ in gate.stream { break } } }
            try await eventually("the place is taken") { places.isTaken }
            for number in 0..<16 {
                group.addTask { try await places.run { order.add(number) } }
                try await eventually("it waits") { places.waiting == number + 1 }
            }
            await #expect(throws: CostlyPlaces.Full.self) { try await places.run {} }
            gate.continuation.yield()
            try await group.waitForAll()
        }
        #expect(order.all == Array(0..<16))
        #expect(places.waiting == 0 && !places.isTaken)
    }

    @Test func `who is cancelled while waiting leaves the others' turns as they were`() async throws {
        let places = CostlyPlaces(limit: 1)
        let gate = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await places.run { for await _ in gate.stream { break } } }
            try await eventually("the place is taken") { places.isTaken }
            try await withThrowingTaskGroup(of: Void.self) { waiters in
                for _ in 0..<8 { waiters.addTask { try await places.run {} } }
                try await eventually("all wait") { places.waiting == 8 }
                waiters.cancelAll()
                while let result = await waiters.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            #expect(places.waiting == 0)
            group.addTask { try await places.run {} }
            try await eventually("another one waits") { places.waiting == 1 }
            gate.continuation.yield()
            try await group.waitForAll()
        }
        #expect(!places.isTaken)
    }
}
