import Foundation
import Glibc
import Telemetry
import Testing

struct LogOutputTests {
    @Test
    func `lines of many threads arrive one write each`() async throws {
        let pipe = try PacketPipe()
        let output = DescriptorLogOutput(descriptor: pipe.writeEnd, stallMilliseconds: 60_000)
        let lines = Set((0..<8).flatMap { writer in (0..<200).map { "\(writer) \($0)\n" } })
        let received = await withTaskGroup(of: [String].self) { group in
            group.addTask {
                (0..<lines.count).map { _ in String(decoding: pipe.packet(), as: UTF8.self) }
            }
            for writer in 0..<8 {
                group.addTask {
                    for index in 0..<200 { output.write(Array("\(writer) \(index)\n".utf8)) }
                    return []
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        pipe.closeWriteEnd()
        pipe.closeReadEnd()
        #expect(received.count == lines.count)
        #expect(Set(received) == lines)
        #expect(output.droppedLines == 0)
    }

    @Test
    func `a reader that sleeps costs lines, not the process, and finds whole lines when it wakes`() throws {
        let pipe = try PacketPipe(flags: 0)
        let output = DescriptorLogOutput(descriptor: pipe.writeEnd, stallMilliseconds: 1)
        // Longer than one piece, so that the pipe fills up in the middle of a line.
        let long = Array(repeating: UInt8(ascii: "x"), count: 9000) + [UInt8(ascii: "\n")]
        for _ in 0..<100 { output.write(long) }
        #expect(output.droppedLines > 0)
        var text = pipe.packet()
        output.write(Array("awake\n".utf8))
        pipe.closeWriteEnd()
        while case let more = pipe.packet(), !more.isEmpty { text += more }
        pipe.closeReadEnd()
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.last == "awake")
        #expect(lines.dropLast(2).allSatisfy { $0.count == 9000 })
    }

    @Test(arguments: [0, O_NONBLOCK])
    func `a full pipe and a broken pipe drop lines`(flags: CInt) throws {
        let pipe = try PacketPipe(flags: flags)
        let output = DescriptorLogOutput(descriptor: pipe.writeEnd, stallMilliseconds: 1)
        let line = Array(repeating: UInt8(ascii: "y"), count: 4000) + [UInt8(ascii: "\n")]
        for _ in 0..<100 { output.write(line) }
        let full = output.droppedLines
        #expect(full > 0)
        pipe.closeReadEnd()
        output.write(line)
        #expect(output.droppedLines == full + 1)
        pipe.closeWriteEnd()
    }

    @Test
    func `a descriptor that is not open drops lines`() {
        let output = DescriptorLogOutput(descriptor: -1, stallMilliseconds: 1)
        output.write([UInt8(ascii: "\n")])
        #expect(output.droppedLines == 1)
    }

    @Test
    func `a file gets whole lines of any length`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tally-log-\(UUID().uuidString)").path()
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        let output = DescriptorLogOutput(descriptor: descriptor)
        let line = Array(repeating: UInt8(ascii: "z"), count: 20_000) + [UInt8(ascii: "\n")]
        output.write(line)
        output.write(line)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(line + line))
    }
}
