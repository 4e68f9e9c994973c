import App
import Testing

@Suite struct DescriptorBudgetTests {
    @Test func `with files enough nothing is lowered`() throws {
        let budget = try DescriptorBudget(connections: 4096, adminConnections: 4096, limit: 8704, hasOutbound: false)
        #expect(!budget.isLowered)
        #expect(budget.connections == 4096)
        #expect(budget.adminConnections == 4096)
    }

    @Test func `with fewer, connections and all else fit into what there is`() throws {
        for limit in [256, 300, 512, 1024, 4096, 8703] {
            for hasOutbound in [false, true] {
                for (wanted, admin) in [(4096, 4096), (100_000, 4096), (0, 4096), (16, 100_000)] {
                    let budget = try DescriptorBudget(
                        connections: wanted,
                        adminConnections: admin,
                        limit: limit,
                        hasOutbound: hasOutbound
                    )
                    let others = limit - budget.connections - budget.adminConnections
                    #expect(budget.isLowered == (wanted + admin + DescriptorBudget.others > limit))
                    #expect(others >= min(limit / (hasOutbound ? 2 : 4), DescriptorBudget.others))
                    #expect(budget.connections <= wanted)
                    #expect(budget.connections >= min(wanted, 16))
                    #expect(budget.adminConnections >= 16)
                }
            }
        }
    }

    @Test func `with too few a process does not start, and says how many it needs`() {
        #expect(throws: ProcessLimits.Failure.tooFewDescriptors(limit: 255, needed: 256)) {
            _ = try DescriptorBudget(connections: 16, adminConnections: 16, limit: 255, hasOutbound: false)
        }
    }
}
