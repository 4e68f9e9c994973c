import Testing

/// The rules about tasks, on the tree and on texts that break them.
@Suite
struct ConcurrencyRuleTests {
    private func lines(_ task: String) -> [Int] {
        let text = "func f() async {\n    await withTaskGroup { group in\n\(task)\n    }\n}\n"
        return ConcurrencyRules.awaitedParts(TidyFile("Sources/Redis/Sample.swift", text)).map(\.line)
    }

    @Test
    func `no task of a group awaits inside of an aggregate`() {
        for violation in SourceTree.current.files.flatMap(ConcurrencyRules.awaitedParts) {
            Issue.record("\(violation)")
        }
    }

    @Test(arguments: [
        "group.addTask { return (index, try await self.run(call)) }",
        "group.addTask { (index, await self.run(call)) }",
        "group.addTask { return (index, .success(try await self.run(call))) }",
        "group.addTask { [index] in return (number: index, reply: await run(a, b)) }",
        "group.addTask { return Outcome(index: index, reply: await self.run(call)) }",
        "group.addTask { return .init(index, await self.run(call)) }",
        "group.addTask { return .some(index, await self.run(call)) }",
        "group.addTaskUnlessCancelled { (index, await self.run(call)) }",
        "group.addTask(priority: .high) { let pair = (index, await self.run(call)); return pair }",
    ])
    func `a task that loses a part of what it returns is found`(task: String) {
        #expect(self.lines("        \(task)") == [3], "\(task)")
    }

    @Test(arguments: [
        "group.addTask { let reply = try await self.run(call); return (index, reply) }",
        "group.addTask { await self.run(call, index) }",
        "group.addTask { return try await self.run(index, self.other()) }",
        "group.addTask { return Outcome(try await self.run(call)) }",
        "group.addTask { return .success(try await self.run(call)) }",
        "group.addTask { if let reply = (try? await self.run(call)) { use(reply, index) } }",
        "group.addTask { print(\"(index, await x)\") } // (index, await x)",
        "return (index, try await self.run(call))",
    ])
    func `a task that returns all of it is not`(task: String) {
        #expect(self.lines("        \(task)").isEmpty, "\(task)")
    }
}
