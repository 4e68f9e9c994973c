import Testing

/// The rules themselves, each on a text that breaks it and on one that does not: a rule that cannot fail is no rule.
@Suite
struct RuleTests {
    private func swift(_ text: String, at path: String = "Sources/Redis/Sample.swift") -> TidyFile {
        TidyFile(path, text)
    }

    private func lua(_ text: String) -> TidyFile { TidyFile("Sources/Redis/sample_take.lua", text) }

    @Test
    func `a file over its limit is found`() {
        let long = String(repeating: "let a = 1\n", count: 401)
        #expect(LengthRules.files(self.swift(long)).count == 1)
        #expect(LengthRules.files(self.swift(String(long.dropLast(10)))).isEmpty)
        let script = String(repeating: "echo\n", count: 61)
        #expect(LengthRules.files(TidyFile("scripts/x", script)).count == 1)
        #expect(LengthRules.files(TidyFile("Sources/A/x.lua", script)).count == 1)
        #expect(LengthRules.files(TidyFile("scripts/x", String(script.dropLast(5)))).isEmpty)
    }

    @Test
    func `a line over its limit is found`() {
        let line = String(repeating: "é", count: 120)
        #expect(LengthRules.columns(self.swift(line)).isEmpty)
        #expect(LengthRules.columns(self.swift("\n" + line + "x")).map(\.line) == [2])
    }

    @Test(arguments: ["func a(_ b: [Int]) {", "init(\n) {", "deinit {", "func `a sentence {`() throws {"])
    func `a function over its limit is found`(opening: String) {
        let extra = opening.split(separator: "\n").count - 1
        let body = String(repeating: "    a(\"}\")\n", count: 59 - extra)
        let long = "struct S {\n    \(opening)\n\(body)    }\n}\n"
        #expect(LengthRules.functions(self.swift(long)).map(\.line) == [2])
        let short = "struct S {\n    \(opening)\n\(body.dropLast(11))    }\n}\n"
        #expect(LengthRules.functions(self.swift(short)).isEmpty)
    }

    @Test
    func `a type's name in two modules is found`() {
        let text = "package final class A {\n    struct B {}\n}\nprivate enum C {}\n"
        let first = self.swift(text, at: "Sources/M/A.swift")
        let others = "struct C {}\n@MainActor struct A {}\n// enum A {}\nstruct B {}\nimport struct M.A\n"
        let second = self.swift(others, at: "Sources/N/C.swift")
        #expect(TypeRules.twice([first, second]).map(\.line) == [1, 2])
        let same = self.swift("struct C {}\nstruct A {}\n", at: "Sources/M/C.swift")
        #expect(TypeRules.twice([first, same]).isEmpty)
        #expect(TypeRules.twice([first, self.swift("struct A {}\n", at: "Tests/N/A.swift")]).isEmpty)
    }

    @Test
    func `a requirement has no body to measure`() {
        let gap = String(repeating: "\n", count: 70)
        let text = "protocol P {\n    func a()\n\(gap)    func b() -> Int\n}\nstruct S {\n    init() {}\n}\n"
        #expect(LengthRules.functions(self.swift(text)).isEmpty)
    }

    @Test
    func `long files show in the spread`() {
        #expect(LengthRules.distribution(Array(repeating: 91, count: 10)).count == 1)
        #expect(LengthRules.distribution(Array(repeating: 90, count: 8) + [251, 251]).count == 1)
        #expect(LengthRules.distribution(Array(repeating: 90, count: 9) + [400]).isEmpty)
    }

    @Test(
        arguments: [
            "Task { await a() }", "Task.detached { }", "let t = Task(priority: .low) {}", "try! a()",
            "public struct A {}",
            "open class A {}", "@testable import A", "@inlinable func a() {}", "@usableFromInline let a = 1",
            "@_exported import A", "let a = unsafe b.pointee", "import Foundation", "private import Foundation",
        ]
    )
    func `a forbidden word is found`(line: String) {
        #expect(WordRules.words(self.swift("// fine\n\(line)\n")).map(\.line) == [2])
    }

    @Test(
        arguments: [
            "group.addTask { await a() }", "let a = \"try! public Task {\"", "// try! unsafe Task {", "try? a()",
            "let isPublic = publicKey", "import FoundationEssentials", "let a = TaskLocal<Int>()",
            "/* unsafe /* open class */ try! */", "let b = #\"a \" Task { \"#", "func `unsafe Task { is a name`() {}",
        ]
    )
    func `a harmless word is left alone`(line: String) {
        #expect(WordRules.words(self.swift(line)).isEmpty)
    }

    @Test
    func `a word is allowed where it has its home`() {
        #expect(WordRules.words(self.swift("Task { a() }", at: "Sources/App/Serve.swift")).isEmpty)
        #expect(WordRules.words(self.swift("let a = unsafe b", at: "Sources/RESP/Reader.swift")).isEmpty)
        #expect(WordRules.words(self.swift("import Foundation", at: "Tests/A/ATests.swift")).isEmpty)
    }

    @Test
    func `code inside an interpolation does not end the literal`() {
        let text = SwiftText("let a = \"x \\(b(\"try!\")) y\" + c\nlet d = \"\"\"\n  public \"e\"\n  \"\"\"\nf")
        #expect(!text.code.contains("try!") && !text.code.contains("public"))
        #expect(text.lines.count == 5 && text.lines[0].contains("+ c") && text.lines[4] == "f")
        #expect(text.literals.map(\.line).sorted() == [1, 1, 2])
    }

    @Test
    func `a trap without a reason is found`() {
        #expect(WordRules.traps(self.swift("let a = 1\nfatalError(\"x\")")).map(\.line) == [2])
        #expect(WordRules.traps(self.swift("// No memory: nothing to give back.\nfatalError(\"x\")")).isEmpty)
    }

    @Test
    func `a printed command with a bare value is found`() {
        let quote = "\""
        let found = ["curl --cacert \\(path) x", "say --request-id \\(id)", "run curl \\(url)"]
        for text in found { #expect(WordRules.commands(self.swift("a(\(quote)\(text)\(quote))")).count == 1) }
        let harmless = ["curl --cacert \\(ShellWord(path))", "\\(program) --version", "--port is 1 to 9"]
        for text in harmless { #expect(WordRules.commands(self.swift("a(\(quote)\(text)\(quote))")).isEmpty) }
    }

    @Test
    func `an open end without a number is found`() {
        let word = "TO" + "DO"
        #expect(WordRules.markers(self.swift("// \(word): later")).count == 1)
        #expect(WordRules.markers(self.swift("// \(word)(#12): later")).isEmpty)
        #expect(WordRules.markers(self.swift("let \(word)s = 1")).isEmpty)
    }

    @Test
    func `a name that says nothing is found`() {
        #expect(WordRules.names(self.swift("package final class PoolManager {")).count == 1)
        #expect(WordRules.names(self.swift("enum A {}", at: "Sources/Redis/Utils/A.swift")).count == 1)
        #expect(WordRules.names(self.swift("struct Database {}")).isEmpty)
    }

    @Test
    func `a Lua script without its header is found`() {
        let whole = """
            -- Take one, or none.
            --
            -- KEYS[1]  what is left
            -- ARGV[1]  cost  units
            --
            -- Returns 1 when taken.
            return redis.call("DECRBY", KEYS[1], ARGV[1])
            """
        #expect(LuaRules.header(self.lua(whole)).isEmpty)
        for part in ["-- Take one, or none.", "-- KEYS[1]  what is left", "-- ARGV[1]  cost  units", "Returns"] {
            #expect(LuaRules.header(self.lua(whole.replacing(part, with: "-- "))).count == 1, "without \(part)")
        }
        #expect(LuaRules.keys(self.lua("local key = 'tally:' .. ARGV[1]")).count == 1)
    }

    @Test
    func `a Lua script without a face is found`() {
        let script = self.lua("return 1")
        #expect(LuaRules.facades([script, self.swift("// PackageResources.sample_take_lua")]).count == 1)
        #expect(LuaRules.facades([script, self.swift("let a = PackageResources.sample_take_lua")]).isEmpty)
    }

    @Test
    func `a shell script that cannot run is found`() {
        let text = "#!/usr/bin/env bash\n# Does it.\nset -euo pipefail\n[ --help ]\n"
        #expect(RepositoryRules.shell(TidyFile("scripts/a", text, isExecutable: true)).isEmpty)
        #expect(RepositoryRules.shell(TidyFile("scripts/a", text)).count == 1)
        #expect(RepositoryRules.shell(TidyFile("scripts/a", "echo\n", isExecutable: true)).count == 4)
    }

    @Test
    func `a script that nothing names is found`() {
        let script = TidyFile("scripts/a", "echo scripts/a")
        #expect(RepositoryRules.orphans([script]).count == 1)
        #expect(RepositoryRules.orphans([script, TidyFile("README.md", "run scripts/a")]).isEmpty)
        #expect(RepositoryRules.orphans([script, TidyFile("scripts/check", "\"$root/scripts/a\"")]).count == 1)
    }

    @Test
    func `a path of one machine and a dead link are found`() {
        #expect(RepositoryRules.machinePaths(TidyFile("a.md", "see /ho" + "me/someone/x")).count == 1)
        let file = TidyFile("docs/a.md", "[b](b.md) [c](../README.md) [d](https://example.org) [e](#part)")
        #expect(RepositoryRules.links(file, among: [file, TidyFile("README.md", "")]).count == 1)
    }

    @Test
    func `a stray file is found`() {
        let strays = [
            "a-1.0-py3-none-any.whl", "notes.md", "dump.rdb", "core", "Sources/Redis/a.orig", "Tests/x.tar.gz",
            "docs/picture.png", "scripts/a.py.bak", "Sources/Redis/LICENSE",
        ]
        #expect(StrayRules.strays(strays).count == strays.count)
        #expect(StrayRules.strays(["README.md", ".gitignore", "Sources/Redis/A.swift", "scripts/run"]).isEmpty)
        #expect(!StrayRules.unused(["README.md"]).isEmpty)
    }

    @Test
    func `a sentence without its subject is found`() {
        let slashes = "/" + "/"
        let found = [
            ("Sources/Redis/A.swift", "\(slashes)/ What it holds."),
            ("Sources/Redis/A.swift", "    \(slashes)/ It holds one. Who asks gets it."),
            ("Sources/Redis/A.swift", "let a = 1 \(slashes) Those of others"),
            ("Sources/Redis/A.swift", "let help = \"Which of them.\""),
            ("Sources/Redis/a_take.lua", "-- Whoever asks."), ("scripts/a", "# That is it."),
            ("node/a.py", "\"\"\"What it holds.\"\"\""), ("README.md", "## What runs"),
            ("README.md", "1. **Who** asks gets it."), ("README.md", "| a | (Those of b) |"),
        ]
        for (path, text) in found {
            #expect(ProseRules.openings(TidyFile(path, text)).map(\.line) == [1], "\(text)")
        }
        let harmless = [
            ("Sources/Redis/A.swift", "\(slashes)/ A list of what it holds, e.g. \"What is it?\" of those who ask."),
            ("Sources/Redis/A.swift", "\(slashes)/ Whether That is a name."),
            ("Tests/A/A.swift", "let a = \"What is it?\""),
            ("README.md", "```\n# What runs\n```"), ("docs/decisions/0001-a.md", "What it is."),
        ]
        for (path, text) in harmless { #expect(ProseRules.openings(TidyFile(path, text)).isEmpty, "\(text)") }
    }

    @Test
    func `a default in a switch over an error is found`() {
        let errors = self.swift(
            "enum AError: Error {\n    case a\n    /// B.\n    case b(Int), c\n    case d\n}\n",
            at: "Sources/Redis/E.swift"
        )
        func found(_ text: String) -> [Int] { ErrorRules.defaults([errors, self.swift(text)]).map(\.line) }
        #expect(found("\nswitch x {\ncase .a: 1\ncase .b(let n) where n > 1, .c: 2\ndefault: 3\n}") == [2])
        #expect(found("switch error {\ncase .a: switch y { case 1: 2\ncase _: 3 }\ncase _: 3\n}") == [1])
        #expect(found("switch error {\ncase .a: 1\ncase .b, .c, .d: 3\n}").isEmpty)
        #expect(found("switch error {\ncase is AError: 1\ndefault: 3\n}").isEmpty)
        #expect(found("switch word {\ncase .a: 1\ncase .other: 2\ndefault: 3\n}").isEmpty)
    }
}
