extension Settings {
    package static let faucetRPC = Setting(
        "faucet.rpc",
        .list,
        default: "",
        "URLs of Ethereum nodes, the preferred one first; without one a worker sends no coins"
    )
    package static let faucetKeys = Setting(
        "faucet.keys",
        .list,
        default: "",
        "Files with the keys of the addresses that pay; development, or development:N, is Hardhat's account 0, or N"
    )
    static let faucetChainID = Setting(
        "faucet.chainId",
        .integer(0...4_611_686_018_427_387_904),
        default: "0",
        "The chain's id: nodes of another are not used; 0 takes what the nodes say"
    )
    static let faucetGenesis = Setting(
        "faucet.genesis",
        .text,
        default: "",
        "Hash of the chain's block 0: nodes of another are not used; empty follows a chain that was reset"
    )
    static let faucetAmount = Setting(
        "faucet.amountWei",
        .text,
        default: "1000000000000000000",
        "Amount that one distribution sends, in wei"
    )
    static let faucetWait = Setting(
        "faucet.waitSeconds",
        .decimal(0...30),
        default: "10",
        "How long a request waits for a node to accept its transaction; then 202"
    )
    static let faucetQueueLimit = Setting(
        "faucet.queueLimit",
        .integer(1...1_000_000),
        default: "10000",
        "Distributions of one sender that are not over; then 503 queue-full"
    )
    static let faucetDays = Setting(
        "faucet.keepDays",
        .decimal(0.01...3650),
        default: "35",
        "How long a distribution can be looked up once it is over"
    )
    static let faucetWatchLimit = Setting(
        "faucet.watchLimit",
        .integer(1...100_000),
        default: "4000",
        "Requests of one instance that wait for distributions; then 503 too-many-watchers"
    )
    static let faucetCallerWatchLimit = Setting(
        "faucet.callerWatchLimit",
        .integer(1...100_000),
        default: "1000",
        "Waiting requests of one API key, or of one of faucet.callersFile; then 503 too-many-watchers"
    )
    static let faucetCooldown = Setting(
        "faucet.cooldownSeconds",
        .decimal(0...31_536_000),
        default: "0",
        "How long an address waits for its next coin, else 429; 0 for not at all"
    )
    static let faucetDayLimit = Setting(
        "faucet.dayLimit",
        .integer(0...1_000_000_000),
        default: "0",
        "Distributions in one day (UTC), then 429; 0 for no limit"
    )
    static let faucetCallers = Setting(
        "faucet.callersFile",
        .text,
        default: "",
        "File with a caller a line, name and SHA-256 of its bearer token; without it everybody may ask"
    )
    static let faucet = [
        Self.faucetRPC, Self.faucetKeys, Self.faucetChainID, Self.faucetGenesis, Self.faucetAmount, Self.faucetWait,
        Self.faucetQueueLimit, Self.faucetDays, Self.faucetWatchLimit, Self.faucetCallerWatchLimit, Self.faucetCooldown,
        Self.faucetDayLimit,
        Self.faucetCallers,
    ]
}
