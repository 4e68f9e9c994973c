import Foundation
import Logging
import Telemetry
import Testing

struct JSONLogHandlerTests {
    private let output = RecordedOutput()

    @Test
    func `a line is one JSON object with its keys in order`() {
        var logger = makeLogger(self.output)
        logger[metadataKey: "route"] = "/a"
        logger.info("Served", metadata: ["status": "200", "duration_ms": .stringConvertible(1.5)])
        let expected = """
            {"ts":"2026-11-21T02:15:00.000001Z","level":"info","msg":"Served","logger":"tests",\
            "instance":"instance-1","duration_ms":1.5,"route":"/a","status":"200"}

            """
        #expect(self.output.lines == [expected])
    }

    @Test
    func `an error is under its own key`() throws {
        struct Broken: Error, CustomStringConvertible { let description = "it broke" }
        makeLogger(self.output).error("Failed", error: Broken(), metadata: ["error": "mine"])
        let line = try self.output.last()
        #expect(line["error"] as? String == "it broke")
        #expect(line["_error"] as? String == "mine")
    }

    @Test
    func `metadata cannot take a reserved key`() throws {
        makeLogger(self.output).info(
            "true",
            metadata: ["msg": "1", "_msg": "2", "level": "3", "ts": "4", "logger": "5", "instance": "6", "_cut": "7"]
        )
        let line = try self.output.last()
        #expect(line["msg"] as? String == "true")
        #expect(line["__msg"] as? String == "1")
        #expect(line["_msg"] as? String == "2")
        #expect(line["level"] as? String == "info")
        #expect(line["_level"] as? String == "3")
        #expect(line["instance"] as? String == "instance-1")
        #expect(line["__cut"] as? String == "7")
        #expect(line.count == 12)
    }

    @Test
    func `nested metadata is nested JSON, and numbers stay numbers`() throws {
        makeLogger(self.output).info(
            "x",
            metadata: [
                "list": ["a", .stringConvertible(7), ["b"]],
                "map": ["z": .stringConvertible(true), "a": ["deep": "er"]],
                "nan": .stringConvertible(Double.nan),
            ]
        )
        let text = try #require(self.output.lines.last)
        #expect(text.contains(#""list":["a",7,["b"]]"#))
        #expect(text.contains(#""map":{"a":{"deep":"er"},"z":true}"#))
        #expect(text.contains(#""nan":"nan""#))
        _ = try self.output.last()
    }

    @Test
    func `metadata nested without end is cut and stays JSON`() throws {
        var value: Logger.MetadataValue = "bottom"
        for _ in 0..<200 { value = ["a": [value]] }
        makeLogger(self.output).info("x", metadata: ["deep": value])
        _ = try self.output.last()
        #expect(self.output.lines.last?.contains("bottom") == false)
    }

    @Test
    func `a line has an end, however much metadata there is`() throws {
        var metadata: Logger.Metadata = [:]
        for index in 0..<1000 { metadata["key\(index)"] = .string(String(repeating: "v", count: 500)) }
        metadata["list"] = .array(Array(repeating: .string(String(repeating: "v", count: 500)), count: 1000))
        makeLogger(self.output).info("x", metadata: metadata)
        #expect(try self.output.last()["_cut"] as? Bool == true)
        #expect(try #require(self.output.lines.last).utf8.count < LogLine.sizeLimit + 2048)
    }

    @Test
    func `the level can change while it runs, and a logger may keep its own`() {
        let level = LogLevelSwitch(.info)
        let logger = makeLogger(self.output, level: level)
        var own = logger
        own.logLevel = .error
        logger.debug("no")
        level.level = .debug
        logger.debug("yes")
        own.warning("no")
        #expect(own.logLevel == .error)
        #expect(logger.logLevel == .debug)
        #expect(self.output.lines.count == 1)
        for each in Logger.Level.allCases {
            level.level = each
            #expect(level.level == each)
        }
    }

    @Test
    func `a provider's metadata is there, and the call's wins over it`() throws {
        let provider = Logger.MetadataProvider { ["trace_id": "t", "who": "provider"] }
        makeLogger(self.output, provider: provider).info("x", metadata: ["who": "call"])
        let line = try self.output.last()
        #expect(line["trace_id"] as? String == "t")
        #expect(line["who"] as? String == "call")
    }

    @Test(arguments: 0..<300)
    func `any text comes out of a JSON parser as it went in, cut to 512`(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let text = random.text(upTo: seed.isMultiple(of: 3) ? 1500 : 80)
        try #require(!text.contains("://"))
        makeLogger(self.output).info("\(text)", metadata: ["value": "\(text)", "more": .array([.string(text)])])
        let raw = try #require(self.output.lines.last)
        let expected = text.scalars(cutTo: 512)
        let line = try self.output.last()
        // Compared scalar by scalar: String's own comparison would call different spellings of a letter equal.
        let message = try #require(line["msg"] as? String)
        let value = try #require(line["value"] as? String)
        #expect(Array(message.unicodeScalars) == expected)
        #expect(Array(value.unicodeScalars) == expected)
        let dangerous = raw.dropLast().unicodeScalars.filter {
            $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
        }
        #expect(dangerous.isEmpty)
        #expect(raw.hasSuffix("}\n"))
    }

    @Test(arguments: [0, 1, 511, 512, 513, 5000, 1_000_000])
    func `the limit is 512 characters`(length: Int) throws {
        makeLogger(self.output).info("\(String(repeating: "é", count: length))")
        let message = try #require(try self.output.last()["msg"] as? String)
        #expect(message.unicodeScalars.count == min(length, 512))
        #expect(message.hasSuffix("…") == (length > 512))
    }
}
