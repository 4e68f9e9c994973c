import Evidence
import Testing

/// Reports, violations and verdicts of an audit that there is not.
@Suite
struct ReportTests {
    private enum Kind: String, ViolationKind {
        static let textLimit = 10

        case lost
        case foundTwice = "found_twice"
    }

    private struct Report: EvidenceReport {
        var violations = Violations<Kind>()
        var undecided: [Undecided] = []
        var elapsed = Duration.milliseconds(1250)
        var oldest: Int?
        var isOnSand = false

        var figures: Figures {
            ["oldest": self.oldest, "things": ["b/1", "a\u{7f}€\"\n"], "parts": [["n": 1] as Figures]]
        }
        var summary: [String] { ["things     2"] }
        var cleanSentence: String { "nothing is lost" }
        var verdict: Verdict { self.ownVerdict.and(self.isOnSand ? .violated : .clean) }
    }

    private static let figures =
        #""oldest":3,"parts":[{"n":1}],"things":["b/1","a"# + "\u{7f}" + #"€\"\n"],"undecided":"#

    @Test
    func `a clean report has its figures and empty lists, and leaves out what there is not`() {
        var report = Report()
        report.oldest = 3
        let envelope = #""clean":true,"elapsed_seconds":1.25,"exit_code":0,"#
        let rest = #"[],"violations":[],"violations_by_kind":{},"violations_total":0}"#
        #expect(report.json == "{" + envelope + Self.figures + rest)
        #expect(!Report().json.contains("oldest"))
        #expect(report.text == "things     2\n\nCLEAN: nothing is lost")
        #expect(report.isClean && report.exitCode == 0)
    }

    @Test
    func `a violation is told by kind, key, expectation and finding, cut and made fit for a terminal`() {
        var report = Report()
        report.violations.append(Violation(.lost, "key", sequence: 7, "a thing", 5))
        report.violate(.foundTwice, "k\u{1b}\(String(repeating: "y", count: 400))", "0123456789abc", "é")
        report.leave("other", "it moved")
        let first = #"{"expected":"a thing","found":"5","key":"key","kind":"lost","sequence":7}"#
        #expect(
            report.json.contains(
                #""violations":[\#(first),{"expected":"0123456789","found":"\\xc3\\xa9","key":"k\\x1b"#
            )
        )
        #expect(report.json.contains(#""violations_by_kind":{"found_twice":1,"lost":1},"violations_total":2}"#))
        #expect(report.json.contains(#""undecided":[{"key":"other","reason":"it moved"}]"#))
        #expect(report.violations.first.last?.key.count == 300)
        let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[2] == "UNDECIDED  other: it moved")
        #expect(lines[3] == "VIOLATION  lost in key, entry 7: expected a thing, found 5")
        #expect(lines.last == "VIOLATED: 2 (found_twice: 1, lost: 1)")
        #expect(report.exitCode == 1)
    }

    @Test
    func `only the first violations are told, and all are counted`() {
        var report = Report()
        report.add((0..<150).map { Violation(.lost, "key-\($0)", "it", "nothing") })
        #expect(report.violations.first.count == 100 && report.violations.total == 150)
        #expect(report.violations.counts == [.lost: 150] && report.violations.untold == 50)
        #expect(report.text.contains("           and 50 more\nVIOLATED: 150 (lost: 150)"))
    }

    @Test
    func `what could not be told is undecided, with 3`() {
        var report = Report()
        report.leave("key", "it moved")
        #expect(report.exitCode == 3 && !report.isClean)
        #expect(report.text.hasSuffix("UNDECIDED: no violation found, but not all could be told"))
    }

    @Test
    func `a report that stands on another one is no better than it, and tells its own part`() {
        var report = Report()
        report.isOnSand = true
        #expect(report.exitCode == 1 && report.text.hasSuffix("CLEAN: nothing is lost"))
        #expect(report.json.contains(#""clean":false"#))
    }

    @Test
    func `violated outweighs undecided, and undecided outweighs clean`() {
        for verdict in Verdict.allCases {
            #expect(verdict.and(.clean) == verdict && Verdict.clean.and(verdict) == verdict)
            #expect(verdict.and(.violated) == .violated && Verdict.violated.and(verdict) == .violated)
        }
        #expect(Verdict.undecided.and(.undecided) == .undecided)
        #expect(Verdict(violations: 1, undecided: 1) == .violated)
        #expect(Verdict.allCases.map(\.exitCode) == [0, 1, 3])
    }

    @Test
    func `figures have one decimal`() {
        #expect(
            [0, 0.04, 0.05, 12.34, 1e14].map(FigureText.tenths) == ["0.0", "0.0", "0.1", "12.3", "100000000000000.0"]
        )
        #expect([Double.nan, -1, 1e15].map(FigureText.tenths) == ["?", "?", "?"])
    }
}
