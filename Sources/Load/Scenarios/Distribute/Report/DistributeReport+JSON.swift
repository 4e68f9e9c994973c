import Ethereum

/// The report for programs.
extension DistributeReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
        struct Phase: Encodable {
            let name: String
            let requests, accepted, unsent: Int
            let statuses: [String: Int]
            let seconds, acceptsPerSecond: Double
            let acceptLatencySeconds, repeatLatencySeconds, behindSeconds: ReportJSON.Latency

            init(_ phase: DistributeReport.Phase, rate: Double) {
                self.name = phase.phase.name
                self.requests = phase.phase.count
                self.accepted = phase.tally.takenCount
                self.unsent = phase.tally.unsent
                self.statuses = ReportText.named(phase.tally.statuses)
                self.seconds = Double(phase.elapsed.nanoseconds) / 1e9
                self.acceptsPerSecond = rate
                self.acceptLatencySeconds = ReportJSON.Latency(phase.tally.latency)
                self.repeatLatencySeconds = ReportJSON.Latency(phase.tally.repeatLatency)
                self.behindSeconds = ReportJSON.Latency(phase.tally.lag)
            }
        }

        struct Sender: Encodable {
            let transactions: Int
            let firstNonce, lastNonce: UInt64
        }

        struct Check: Encodable {
            let coinsFound: UInt64?
            let riseWei: String?
            let senders: [String: Sender]

            init(_ report: DistributeReport) {
                self.coinsFound = report.found
                self.riseWei = report.rise?.decimal
                let senders = report.evidence.nonces.map { sender, used in
                    (
                        sender.text,
                        Sender(
                            transactions: used.count,
                            firstNonce: used.keys.min() ?? 0,
                            lastNonce: used.keys.max() ?? 0
                        )
                    )
                }
                self.senders = Dictionary(uniqueKeysWithValues: senders)
            }
        }

        let passed, hasKeys: Bool
        let complaints: [String]
        let runID: String
        let seed, recipients, requests, unsent: Int
        let submitted, queued, delivered, deliveredLater, failed, unfinished, doubtful, refused: Int
        let attempts, repeats, retries, replays, mismatches, connects, connectFailures: Int
        let retryReasons, doubtReasons, statuses, wrongAnswers, violations: [String: Int]
        let amountWei: String?
        let coinsLeast, coinsMost: UInt64
        let phases: [Phase]
        let totalSeconds: Double
        /// Missing when the chain was not compared.
        let check: Check?

        init(_ report: DistributeReport) {
            let (tally, count) = (report.tally, report.count)
            self.passed = report.passed
            self.hasKeys = report.configuration.hasKeys
            self.complaints = report.complaints
            self.runID = report.configuration.runID
            self.seed = report.configuration.seed
            self.recipients = report.evidence.recipients.addresses.count
            self.requests = report.configuration.requests
            self.unsent = tally.unsent
            self.submitted = count.submitted
            self.queued = count.queued
            self.delivered = count.delivered
            self.deliveredLater = count.deliveredLater
            self.failed = count.failed
            self.unfinished = count.unfinished
            self.doubtful = count.doubtful
            self.refused = count.refused
            self.attempts = tally.attempts
            self.repeats = tally.repeats
            self.retries = tally.retryCount
            self.replays = tally.replays
            self.mismatches = tally.mismatches
            self.connects = tally.connects
            self.connectFailures = tally.connectFailures
            self.retryReasons = ReportText.named(tally.retries)
            self.doubtReasons = ReportText.named(tally.lost)
            self.statuses = ReportText.named(tally.statuses)
            self.wrongAnswers = tally.failures
            self.violations = report.findings.counts
            self.amountWei = count.amount?.decimal
            self.coinsLeast = report.expected.least
            self.coinsMost = report.expected.most
            self.phases = report.phases.map { Phase($0, rate: report.rate($0)) }
            self.totalSeconds = Double(report.total.nanoseconds) / 1e9
            self.check = report.isChecked ? Check(report) : nil
        }
    }
}
