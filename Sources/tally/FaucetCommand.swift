import App
import ArgumentParser

struct FaucetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faucet",
        abstract: "Show and steer the faucet's lanes and their open distributions.",
        subcommands: [
            Status.self, Pause.self, Resume.self, Rebroadcast.self, Cancel.self, Open.self, Era.self,
        ]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show each sender's balance, nonces and open distributions, and who runs its lane."
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            print(try await FaucetOperator(self.nearby.load("faucet")).status(isJSON: self.json))
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take no more requests, and send nothing more; what a node has is mined all the same."
        )

        @OptionGroup var order: OrderOptions

        func run() async throws { try await self.order.give(.pause, "paused") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Undo a pause.")

        @OptionGroup var order: OrderOptions

        func run() async throws { try await self.order.give(.resume, "resumed") }
    }

    struct Rebroadcast: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send everything that is not mined to a node again, byte for byte."
        )

        @OptionGroup var order: OrderOptions

        func run() async throws { try await self.order.give(.rebroadcast, "told to send again") }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a distribution to deliver nothing.",
            discussion: """
                Its nonce is used up by a transaction of nothing that offers more; which of the two is mined, the \
                chain decides. Exits with 1 when it is too late.
                """
        )

        @Argument(help: "The distribution, as 'tally faucet open' prints it.")
        var id: String

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let answer = try await FaucetOperator(self.nearby.load("faucet")).cancel(self.id)
            print(answer.text)
            guard answer.isAsked else { throw ExitCode(1) }
        }
    }

    struct Era: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a new era: the chain was started anew with the same genesis.",
            discussion: """
                Coins delivered on the chain before are not sent again, and new coins do not wait for them; what is \
                open is delivered on the chain that is. 'tally faucet status' says 'replaying' when this may be wanted.
                """
        )

        @OptionGroup var nearby: NearbyOptions

        func run() async throws { print(try await FaucetOperator(self.nearby.load("faucet")).beginEra()) }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List distributions that are not over, by nonce, as JSON lines."
        )

        @Option(help: "Only those of this address.")
        var sender: String?

        @Option(help: "Maximum number of rows of each sender.")
        var limit = 100

        @OptionGroup var nearby: NearbyOptions

        func validate() throws {
            guard (1...10_000).contains(self.limit) else { throw ValidationError("--limit is 1 to 10000") }
        }

        func run() async throws {
            try await FaucetOperator(self.nearby.load("faucet")).open(sender: self.sender, limit: self.limit) {
                print($0)
            }
        }
    }
}

/// The lanes that an order goes to.
struct OrderOptions: ParsableArguments {
    @Option(help: "Only this address's lane; all without it.")
    var sender: String?

    @OptionGroup var nearby: NearbyOptions

    func give(_ order: FaucetOperator.Order, _ done: String) async throws {
        let senders = try await FaucetOperator(self.nearby.load("faucet")).give(order, sender: self.sender)
        guard !senders.isEmpty else {
            StandardError.write("no such sender\n")
            throw ExitCode(1)
        }
        for sender in senders { print("\(sender) \(done)") }
    }
}
