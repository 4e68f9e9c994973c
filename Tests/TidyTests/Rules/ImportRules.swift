/// The imports that each target may have.
package enum ImportRules {
    /// The modules that the toolchain brings; nobody declares these.
    private static let toolchain: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Synchronization", "Swift",
        "Testing",
    ]

    /// A target imports only what it declares itself: what comes in through another target may go with it.
    package static func declared(_ files: [TidyFile], _ graph: PackageGraph) -> [Violation] {
        graph.targets.flatMap { target in
            files.filter { $0.isSwift && $0.path.hasPrefix(target.folder) }.flatMap { file in
                Self.imports(file).compactMap { line, module, _ in
                    if Self.toolchain.contains(module) || target.modules.contains(module) { return nil }
                    return Violation(file, line: line, "\(target.name) does not declare \(module)")
                }
            }
        }
    }

    /// Every Swift file belongs to a target that is declared.
    package static func homeless(_ files: [TidyFile], _ graph: PackageGraph) -> [Violation] {
        files.filter { $0.isSwift && ($0.isSource || $0.path.hasPrefix("Tests/")) }.compactMap { file in
            let isHome = graph.targets.contains { file.path.hasPrefix($0.folder) }
            return isHome ? nil : Violation(file, "no target of Package.swift holds this file")
        }
    }

    /// A C module is imported privately, and in one file of one module.
    package static func systemLibraries(_ files: [TidyFile], _ graph: PackageGraph) -> [Violation] {
        graph.targets.filter(\.isSystemLibrary).flatMap { library in
            let uses = files.filter(\.isSwift).flatMap { file in
                Self.imports(file).filter { $0.module == library.name }.map { (file: file, found: $0) }
            }
            let open = uses.filter { $0.found.access != "private" }.map {
                Violation($0.file, line: $0.found.line, "\(library.name) is imported by `private import` only")
            }
            let others = uses.dropFirst().map {
                Violation($0.file, line: $0.found.line, "\(library.name) is wrapped by \(uses[0].file.path) already")
            }
            return open + others
        }
    }

    /// No feature knows another one; neither do those that judge features, the kit of the audits and the loads.
    package static func features(_ graph: PackageGraph) -> [String] {
        let features: Set<String> = ["Faucet", "Ledger", "Coupons", "Uniques", "Payments"]
        let judges: Set<String> = ["Evidence", "Load"]
        return graph.targets.filter { features.union(judges).contains($0.name) }.flatMap { target in
            target.modules.intersection(features).sorted()
                .filter { !(target.name == "Payments" && $0 == "Ledger") }
                .map { "\(target.name) depends on \($0)" }
        }
    }

    private static func imports(_ file: TidyFile) -> [(line: Int, module: String, access: Substring?)] {
        let form =
            #/
            ^\s* (?:@\w+ (?:\([^)]*\))? \s+)* (?:(\w+)\s+)? import \s+
            (?:(?:struct|class|enum|func|protocol|typealias|let|var)\s+)? (\w+)
            /#
        return file.swift.lines.enumerated().compactMap { index, line in
            line.firstMatch(of: form).map { (index + 1, String($0.2), $0.1) }
        }
    }
}
