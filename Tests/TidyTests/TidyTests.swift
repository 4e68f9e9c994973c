import Testing

/// The style of the repository, kept by tests.
///
/// `STYLE.md` gives the reasons.
@Suite
struct TidyTests {
    private let tree = SourceTree.current
    private let graph: PackageGraph

    init() throws {
        self.graph = PackageGraph(manifest: try #require(self.tree.file("Package.swift")).text)
    }

    private func violations(_ rule: (TidyFile) -> [Violation]) -> [Violation] { self.tree.files.flatMap(rule) }

    /// Each complaint is an issue of its own, so that the report lists them line by line.
    private func expectNone(_ complaints: [some CustomStringConvertible]) {
        for complaint in complaints { Issue.record("\(complaint)") }
    }

    @Test
    func `the rules see the whole tree`() {
        #expect(self.tree.swift.filter(\.isSource).count > 20)
        #expect(self.tree.lua.filter(\.isSource).count > 2)
        #expect(self.tree.shell.count > 5)
        #expect(self.graph.targets.count > 10)
        #expect(self.graph.targets.contains { $0.isSystemLibrary })
        for target in self.graph.targets {
            #expect(self.tree.files.contains { $0.path.hasPrefix(target.folder) }, "\(target.name) has no file")
        }
    }

    @Test
    func `no file is too long`() { self.expectNone(self.violations(LengthRules.files)) }

    @Test
    func `no function is too long`() { self.expectNone(self.violations(LengthRules.functions)) }

    @Test
    func `no line is too long`() { self.expectNone(self.violations(LengthRules.columns)) }

    @Test
    func `most source files are short`() {
        let lengths = self.tree.swift.filter(\.isSource).map(\.lines.count)
        self.expectNone(LengthRules.distribution(lengths))
    }

    @Test
    func `no forbidden word is used`() { self.expectNone(self.violations(WordRules.words)) }

    @Test
    func `a trap says why`() { self.expectNone(self.violations(WordRules.traps)) }

    @Test
    func `a printed command can be pasted`() { self.expectNone(self.violations(WordRules.commands)) }

    @Test
    func `an open end has an issue`() { self.expectNone(self.violations(WordRules.markers)) }

    @Test
    func `names say something`() { self.expectNone(self.violations(WordRules.names)) }

    @Test
    func `no type's name stands in two modules`() { self.expectNone(TypeRules.twice(self.tree.files)) }

    @Test
    func `a sentence begins with its subject`() { self.expectNone(self.violations(ProseRules.openings)) }

    @Test
    func `a target imports what it declares`() {
        self.expectNone(ImportRules.declared(self.tree.files, self.graph))
        self.expectNone(ImportRules.homeless(self.tree.files, self.graph))
    }

    @Test
    func `a C module has one private import`() {
        self.expectNone(ImportRules.systemLibraries(self.tree.files, self.graph))
    }

    @Test
    func `no feature knows another`() { self.expectNone(ImportRules.features(self.graph)) }

    @Test
    func `a Lua script has its header`() { self.expectNone(self.violations(LuaRules.header)) }

    @Test
    func `a Lua script builds no key`() { self.expectNone(self.violations(LuaRules.keys)) }

    @Test
    func `a Lua script has a Swift face`() { self.expectNone(LuaRules.facades(self.tree.files)) }

    @Test
    func `keys are built in one place`() { self.expectNone(self.violations(DocumentRules.strayKeys)) }

    @Test
    func `the document of keys lists the keys in code`() { self.expectNone(DocumentRules.keys(self.tree.files)) }

    @Test
    func `the document of settings lists the settings in code`() {
        self.expectNone(DocumentRules.configuration(self.tree.files))
    }

    @Test
    func `what is deployed agrees with the sources`() {
        #expect(self.tree.file(DeploymentRules.users) != nil && self.tree.file(DeploymentRules.version) != nil)
        self.expectNone(DeploymentRules.commands(self.tree.files))
        self.expectNone(DeploymentRules.versions(self.tree.files))
        self.expectNone(DeploymentRules.ports(self.tree.files))
    }

    @Test
    func `the table of exit codes has the codes of the program`() {
        self.expectNone(DocumentRules.exitCodes(self.tree.files))
    }

    @Test
    func `no document names a setting that no code has`() {
        self.expectNone(DocumentRules.namedSettings(self.tree.files))
    }

    @Test
    func `a switch over an error has no default`() { self.expectNone(ErrorRules.defaults(self.tree.files)) }

    @Test
    func `no stray file lies about`() {
        #expect(self.tree.paths.count > self.tree.files.count)
        self.expectNone(StrayRules.strays(self.tree.paths))
        self.expectNone(StrayRules.unused(self.tree.paths))
    }

    @Test
    func `a shell script is fit to run`() { self.expectNone(self.violations(RepositoryRules.shell)) }

    @Test
    func `every script is named somewhere`() { self.expectNone(RepositoryRules.orphans(self.tree.files)) }

    @Test
    func `nothing names a path of one machine`() { self.expectNone(self.violations(RepositoryRules.machinePaths)) }

    @Test
    func `the documents are there and their links lead somewhere`() {
        for path in RepositoryRules.documents { #expect(self.tree.file(path) != nil, "\(path) is missing") }
        self.expectNone(self.violations { RepositoryRules.links($0, among: self.tree.files) })
        #expect((self.tree.file("README.md")?.lines.count ?? 0) <= RepositoryRules.readmeLimit)
    }
}
