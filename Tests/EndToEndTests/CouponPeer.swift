import Foundation
import Support
import Testing

/// The Python programs beside these tests: clients that share no code with the service.
enum CouponPeer {
    struct Crowd: Decodable {
        let total: Int
        let ids: [Int64]
        let issued: Int
        /// How often a call had to be made again, and how often such a one found that it had been carried out.
        let repeated: Int?
        let replayed: Int?
        let violations: [String]
    }

    static func start(_ name: String, _ arguments: [String]) throws -> Program {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peer/\(name)")
        return try Program("/usr/bin/env", ["python3", "-B", file.path] + arguments)
    }

    /// The one line of JSON at the end of a program's output.
    static func report<Report: Decodable>(_ program: Program, as type: Report.Type = Report.self) throws -> Report {
        let line = try #require(program.output.split(separator: "\n").last, "nothing was printed")
        do { return try JSONDecoder().decode(Report.self, from: Data(line.utf8)) } catch {
            throw TallySystem.Failure(description: "no report: \(program.output.suffix(3000))")
        }
    }

    /// Clients that take all coupons of many campaigns, through nginx, while `harm` is done with their progress in 0…1.
    static func crowd(
        _ system: TallySystem,
        _ arguments: [String],
        while harm: (Program) async throws -> Void = { _ in }
    ) async throws -> Crowd {
        let fixed = ["--redis", "\(system.ports.redis)", "\(system.ports.http)"]
        let program = try Self.start("coupon_crowd.py", arguments + fixed)
        try await harm(program)
        try await program.end(within: .seconds(400))
        let crowd = try Self.report(program, as: Crowd.self)
        #expect(crowd.violations.isEmpty && program.exitCode == 0, "\(program.output.suffix(3000))")
        return crowd
    }

    /// The first campaign of a crowd, as soon as it is there.
    static func campaign(of crowd: Program) async throws -> Int64 {
        try await eventually("the campaign is there", within: .seconds(60)) {
            !crowd.isRunning || crowd.output.contains("CAMPAIGN ")
        }
        return try #require(crowd.output.firstMatch(of: /CAMPAIGN (\d+)/).flatMap { Int64($0.1) }, "\(crowd.output)")
    }

    /// How much of all coupons a crowd has so far.
    static func progress(_ crowd: Program) -> Double {
        let line = crowd.output.split(separator: "\n").last { $0.hasPrefix("PROGRESS ") }
        let numbers = (line ?? "").split(separator: " ").compactMap { Double($0) }
        return numbers.count == 2 ? numbers[0] / numbers[1] : 0
    }
}
