import Coordination
import RESP
import Testing

struct NamedWordsTests {
    private enum Field: String, CaseIterable, Sendable {
        case first
        case second = "the_second"
    }

    @Test func `words are read by the names by which they were asked for`() throws {
        #expect(NamedWords<Field, String>.names == ["first", "the_second"])
        let words = try #require(NamedWords<Field, String>(["a", "b"]))
        #expect(words[.first] == "a" && words[.second] == "b")
    }

    @Test(arguments: [nil, [], ["a"], ["a", "b", "c"]] as [[String]?])
    func `fewer words than names, or more, are none`(words: [String]?) {
        #expect(NamedWords<Field, String>(words) == nil)
    }

    @Test func `a stream's entry is read by its names, in whatever order`() throws {
        func made(_ words: [String]) -> RESPValue {
            .array([.status("5-0"), .array(words.map { .status($0) })])
        }
        let entry = try #require(StreamEntry(made(["b", "a", "a", "1"])))
        #expect(entry.id == "5-0" && entry.fields == ["b": "a", "a": "1"])
        // A word without a name, and an entry that was deleted.
        #expect(StreamEntry(made(["a", "1", "b"]))?.fields == ["a": "1"])
        #expect(StreamEntry(.array([.status("5-0"), .null])) == nil)
        #expect(StreamEntry(.null) == nil)
    }
}
