import Connect
import HTTPTypes
import Support
import Synchronization
import Testing

struct MailboxTests {
    /// The messages whose writers were told that they had left.
    private final class Left: Sendable {
        private let noted = Mutex<Set<[UInt8]>>([])

        var messages: Set<[UInt8]> { self.noted.withLock { $0 } }

        func note(_ message: [UInt8]) { self.noted.withLock { _ = $0.insert(message) } }
    }

    @Test(arguments: Seed.cases(100))
    func `what was posted is read once and in order, or its writer is told`(seed: Seed) async throws {
        var random = seed.random
        let mailbox = StreamMailbox()
        let writers = Int.random(in: 1...4, using: &random)
        let each = Int.random(in: 0...20, using: &random)
        let limit = Int.random(in: 0...(writers * each + 5), using: &random)
        let isEnded = Bool.random(using: &random)
        let left = Left()
        var read: [[UInt8]] = []
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<each {
                        let message = [UInt8(writer), UInt8(number)]
                        do { try await mailbox.write(message) } catch { return }
                        left.note(message)
                    }
                }
            }
            for _ in 0..<min(limit, writers * each) {
                guard case .message(let message) = await mailbox.next() else { break }
                read.append(message)
                mailbox.hasLeft()
            }
            if isEnded { mailbox.end(.gone) }
            mailbox.close()
        }
        #expect(left.messages == Set(read))
        #expect(Set(read).count == read.count)
        for writer in 0..<writers {
            let numbers = read.filter { $0[0] == UInt8(writer) }.map { $0[1] }
            #expect(numbers == Array(0..<UInt8(numbers.count)))
        }
        await #expect(throws: RPCError.self) { try await mailbox.write([]) }
    }

    @Test func `the first end counts, and comes before what still waits`() async throws {
        let mailbox = StreamMailbox()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: RPCError.self) { try await mailbox.write([1]) } }
            guard case .message([1]) = await mailbox.next() else {
                Issue.record("the message did not come")
                return mailbox.close()
            }
            mailbox.end(.failed(RPCError(.aborted, "first")))
            mailbox.end(.finished([:]))
            guard case .end(.failed(let error)) = await mailbox.next() else {
                Issue.record("the end did not come")
                return mailbox.close()
            }
            #expect(error.code == .aborted)
            mailbox.close()
        }
    }

    @Test func `a reader that is cancelled reads the end`() async throws {
        let mailbox = StreamMailbox()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                if case .end(.gone) = await mailbox.next() { true } else { false }
            }
            group.cancelAll()
            #expect(await group.next() == true)
        }
    }
}
