/// The targets that `Package.swift` declares, read from its text: asking SwiftPM would wait for the lock that the tests
/// hold.
package struct PackageGraph: Sendable {
    package struct Target: Sendable {
        package let name: String
        /// `Sources/Name/`, `Tests/Name/` or the folder given by `path:`.
        package let folder: String
        /// The modules of its declared dependencies.
        package let modules: Set<String>
        package let isSystemLibrary: Bool
    }

    package let targets: [Target]

    package init(manifest: String) {
        let products = Self.products(manifest)
        let kinds = #/\.(target|testTarget|executableTarget|systemLibrary)\(\s*name:\s*"([^"]+)"/#
        self.targets = manifest.matches(of: kinds).compactMap { match in
            let text = Self.balanced(manifest[match.range.lowerBound...], open: "(", close: ")")
            // `.target(name: "X")` inside a list of dependencies is a reference, not a target.
            if match.1 == "target", !text.contains("swiftSettings"), !text.contains("dependencies") { return nil }
            let name = String(match.2)
            let path = text.firstMatch(of: #/path:\s*"([^"]+)"/#).map { String($0.1) + "/" }
            let folder = match.1 == "testTarget" ? "Tests/\(name)/" : "Sources/\(name)/"
            return Target(
                name: name,
                folder: path ?? folder,
                modules: Self.dependencies(text, products: products),
                isSystemLibrary: match.1 == "systemLibrary"
            )
        }
    }

    /// `let nioCore = Target.Dependency.product(name: "NIOCore", …)` → `nioCore: NIOCore`.
    private static func products(_ manifest: String) -> [String: String] {
        let declaration =
            #/
            let\s+(\w+) \s* (?::\s*Target\.Dependency)? \s*=\s* (?:Target\.Dependency)?
            \.product\(\s* name:\s*"([^"]+)"
            /#
        let pairs = manifest.matches(of: declaration).map { (String($0.1), String($0.2)) }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func dependencies(_ target: Substring, products: [String: String]) -> Set<String> {
        guard let label = target.firstMatch(of: #/dependencies:\s*\[/#) else { return [] }
        let list = Self.balanced(target[label.range.lowerBound...], open: "[", close: "]")
        var modules: Set<String> = []
        // Named products first, so that their package's name is not taken for a module.
        let call = #/\.(?:product|target|byName)\(\s*name:\s*"([^"]+)"[^)]*\)/#
        for match in list.matches(of: call) { modules.insert(String(match.1)) }
        let rest = list.replacing(call, with: "")
        for match in rest.matches(of: #/"([^"]+)"/#) { modules.insert(String(match.1)) }
        for match in rest.replacing(#/"[^"]*"/#, with: "").matches(of: #/\w+/#) {
            if let module = products[String(match.0)] { modules.insert(module) }
        }
        return modules
    }

    /// From the start to the bracket that closes the first one.
    private static func balanced(_ text: Substring, open: Character, close: Character) -> Substring {
        var depth = 0
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close {
                depth -= 1
                if depth == 0 { return text[...index] }
            }
        }
        return text
    }
}
