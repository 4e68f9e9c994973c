import Testing

/// The rules that compare code with `Package.swift` and with documents, on small trees of their own.
@Suite
struct AgreementRuleTests {
    private let graph = PackageGraph(
        manifest: """
            let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
            let package = Package(targets: [
                .systemLibrary(name: "CThing"),
                .target(name: "Low", dependencies: ["CThing", nioCore], swiftSettings: settings),
                .target(
                    name: "Uniques",
                    dependencies: ["Low", "Ledger", .product(name: "Logging", package: "swift-log")],
                    swiftSettings: settings
                ),
                .target(name: "Load", dependencies: ["Evidence", "JSON"]),
                .target(name: "Evidence", dependencies: ["Low", "Payments"]),
                .executableTarget(name: "tool", dependencies: [.target(name: "Low")], path: "Tools/tool"),
                .testTarget(name: "LowTests", dependencies: ["Low"]),
            ])
            """
    )

    @Test
    func `a manifest is read for targets and modules`() {
        let modules = Dictionary(uniqueKeysWithValues: self.graph.targets.map { ($0.name, $0.modules) })
        #expect(modules["Low"] == ["CThing", "NIOCore"])
        #expect(modules["Uniques"] == ["Low", "Ledger", "Logging"])
        #expect(modules["tool"] == ["Low"])
        #expect(self.graph.targets.map(\.folder).suffix(2) == ["Tools/tool/", "Tests/LowTests/"])
        #expect(self.graph.targets.filter(\.isSystemLibrary).map(\.name) == ["CThing"])
    }

    @Test
    func `an undeclared import is found`() {
        let file = TidyFile(
            "Sources/Low/A.swift",
            "package import NIOCore\nimport Glibc\nimport struct Logging.Logger\n"
        )
        #expect(ImportRules.declared([file], self.graph).map(\.line) == [3])
        let test = TidyFile("Tests/LowTests/A.swift", "import Testing\nimport NIOCore\n")
        #expect(ImportRules.declared([test], self.graph).map(\.line) == [2])
    }

    @Test
    func `a file outside of every target is found`() {
        let files = [TidyFile("Sources/Low/A.swift", ""), TidyFile("Sources/Lost/B.swift", "")]
        #expect(ImportRules.homeless(files, self.graph).map(\.path) == ["Sources/Lost/B.swift"])
    }

    @Test
    func `a C module that leaks is found`() {
        let wrapper = TidyFile("Sources/Low/A.swift", "private import CThing\n")
        #expect(ImportRules.systemLibraries([wrapper], self.graph).isEmpty)
        let open = TidyFile("Sources/Low/B.swift", "import CThing\n")
        #expect(ImportRules.systemLibraries([open], self.graph).count == 1)
        let second = TidyFile("Sources/Low/C.swift", "private import CThing\n")
        #expect(ImportRules.systemLibraries([wrapper, second], self.graph).map(\.path) == ["Sources/Low/C.swift"])
    }

    @Test
    func `a feature that knows another is found, and a judge that knows a feature`() {
        let found = ["Uniques depends on Ledger", "Evidence depends on Payments"]
        #expect(ImportRules.features(self.graph) == found)
    }

    @Test
    func `keys that code and document do not share are found`() {
        let code = TidyFile(
            "Sources/Low/LowKeys.swift",
            """
            static func count(_ w: W) -> String { "tally:{\\(w.start)}:count" }
            static let lease = "{tally:counts}:lease"
            static let other = "no key"
            static let beginning = "tally:{"
            func list(_ a: A) -> String { "tally:{\\(a.place.tag)}:list:\\(a.id)" }
            static let prefix = "tally:ids:"
            func id(_ x: X) -> String { "tally:\\(self.name):\\(shard(x)):set" }
            """
        )
        let document = TidyFile(
            "docs/keys.md",
            "`tally:{<w>}:count` `{tally:counts}:lease` `tally:<name>:<shard>:set` `tally serve` `tally:ids:<id>` "
                + "`tally:{<place>}:list:<a>`"
        )
        #expect(DocumentRules.keys([code, document]).isEmpty)
        #expect(DocumentRules.keys([code, TidyFile("docs/keys.md", "`tally:old` `tally:`")]).count == 6)
        #expect(DocumentRules.keys([code]) == ["docs/keys.md is missing"])
    }

    @Test
    func `a key outside of the key files is found`() {
        #expect(DocumentRules.strayKeys(TidyFile("Sources/Low/A.swift", "let a = \"tally:a\"")).count == 1)
        #expect(DocumentRules.strayKeys(TidyFile("Sources/Low/A.swift", "let a = \"tally serve\" // tally:")).isEmpty)
    }

    @Test
    func `settings that code and document do not share are found`() {
        let code = TidyFile(
            "Sources/App/SettingsRedis.swift",
            "Setting(\"redis.url\", .url)\nSetting<Int>(\n\"http.port\")"
        )
        let document = TidyFile("docs/configuration.md", "| name |\n| `redis.url` | URL |\n| `http.port` | `8080` |")
        #expect(DocumentRules.configuration([code, document]).isEmpty)
        #expect(DocumentRules.configuration([code, TidyFile("docs/configuration.md", "| `a.b` |")]).count == 3)
        #expect(DocumentRules.configuration([code]) == ["docs/configuration.md is missing"])
    }

    @Test
    func `a setting that no code has is found in a document`() {
        let code = TidyFile("Sources/App/Settings/A.swift", "Setting(\"http.port\", .url)")
        let right = TidyFile("CHANGELOG.md", "`http.port`, `http.port=1`, `other.thing`, http.limit, `http.port …`")
        #expect(DocumentRules.namedSettings([code, right]).isEmpty)
        let wrong = TidyFile("docs/a.md", "`http.port`\n`http.streamLimit` and `http.limit=3`")
        #expect(DocumentRules.namedSettings([code, wrong]).map(\.line) == [2, 2])
    }

    @Test
    func `an exit code that the document and the program do not share is found`() {
        let code = TidyFile("Sources/tally/ExitCause.swift", "case refused = 1\n    case unusable = 64")
        func document(_ rows: String) -> TidyFile {
            TidyFile("docs/operations.md", "| 7 |\n## Exit codes\n| code | cause |\n\(rows)\n## Next\n| 9 | x |\n")
        }
        #expect(DocumentRules.exitCodes([code, document("| 0 | a |\n| 1 | b |\n| 64 | c |")]).isEmpty)
        #expect(DocumentRules.exitCodes([code, document("| 0 | a |\n| 1 | b |\n| 2 | c |")]).count == 2)
        #expect(DocumentRules.exitCodes([code]).count == 1)
    }
}
