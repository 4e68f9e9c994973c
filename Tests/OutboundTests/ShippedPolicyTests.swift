import Foundation
import Outbound
import Testing

/// The network policy that we ship closes what an instance closes by itself.
struct ShippedPolicyTests {
    private struct Block {
        let open: AddressRange
        var closed: [AddressRange] = []
    }

    private static func blocks() throws -> [Block] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/k8s/base/network.yaml")
        var blocks: [Block] = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split { " -[],\"".contains($0) }.filter { $0 != "except:" }
            if words.first == "cidr:", let range = words.last.flatMap({ AddressRange($0) }) {
                blocks.append(Block(open: range))
            } else if !line.contains("#"), !blocks.isEmpty {
                blocks[blocks.count - 1].closed += words.compactMap { $0.contains("/") ? AddressRange($0) : nil }
            }
        }
        return blocks
    }

    @Test func `no range of the inside is open to the pods`() throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 2)
        for inside in AddressRange.inside {
            for block in blocks where block.open.contains(inside) {
                #expect(block.closed.contains { $0.contains(inside) }, "\(inside)")
            }
            // A range that is wider than what is open would lie in it by a part.
            #expect(!blocks.contains { inside.contains($0.open) }, "\(inside)")
        }
    }

    @Test func `the policy closes nothing but the inside`() throws {
        for closed in try Self.blocks().flatMap(\.closed) {
            #expect(AddressRange.inside.contains { $0.contains(closed) }, "\(closed)")
        }
    }
}
