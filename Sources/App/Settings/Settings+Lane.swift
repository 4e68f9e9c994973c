extension Settings {
    static let laneLease = Setting(
        "faucet.leaseSeconds",
        .decimal(1...60),
        default: "5",
        "How long a sender's lane outlives a worker that is gone"
    )
    static let laneWindow = Setting(
        "faucet.window",
        .integer(1...5000),
        default: "1000",
        "Transactions of one sender that a node has and that are not mined, at most; a node that keeps fewer gets fewer"
    )
    static let lanePoll = Setting(
        "faucet.pollSeconds",
        .decimal(0.05...60),
        default: "0.5",
        "Between two looks at the chain while something is under way"
    )
    static let laneConfirmations = Setting(
        "faucet.confirmations",
        .integer(0...10_000),
        default: "0",
        "Blocks on top of a transaction's until it is confirmed; 0 for chains that never go back"
    )
    static let laneStall = Setting(
        "faucet.stallSeconds",
        .decimal(0.1...86_400),
        default: "60",
        "How long the first transaction that is not mined may take until it offers an eighth more"
    )
    static let laneRebroadcast = Setting(
        "faucet.rebroadcastSeconds",
        .decimal(0.5...86_400),
        default: "30",
        "How long a node's word that it has a transaction counts while it is not mined"
    )
    static let laneForeignReads = Setting(
        "faucet.foreignReads",
        .integer(2...1000),
        default: "3",
        "Looks that must show a nonce used and no receipt of ours until it counts as somebody else's"
    )
    static let laneGas = Setting(
        "faucet.gasLimit",
        .integer(21_000...30_000_000),
        default: "21000",
        "Gas of one transfer; more lets contracts be paid"
    )
    static let feeMode = Setting(
        "faucet.feeMode",
        .choice([
            "auto": "as the chain has it", "legacy": "a gas price", "market": "a fee market (EIP-1559)",
        ]),
        default: "auto",
        "How transactions offer a fee"
    )
    static let feeCap = Setting(
        "faucet.maxFeeGwei",
        .decimal(0...1_000_000_000_000),
        default: "0",
        "The most for a unit of gas; 0 for no limit"
    )
    static let feeTip = Setting(
        "faucet.tipGwei",
        .decimal(0...1_000_000_000),
        default: "0",
        "The tip of a fee market; 0 takes what the node proposes"
    )
    static let feeHeadroom = Setting(
        "faucet.feeHeadroomPercent",
        .integer(0...1000),
        default: "100",
        "On top of the present base fee, so that it may rise meanwhile; nothing is added to a gas price"
    )
    static let warnCoins = Setting(
        "faucet.warnCoins",
        .integer(0...1_000_000_000),
        default: "100",
        "Coins below which a sender's balance is warned of"
    )
    static let rpcTimeout = Setting(
        "faucet.rpcTimeoutSeconds",
        .decimal(0.05...60),
        default: "5",
        "Time for one batch of calls to a node"
    )
    static let rpcBatch = Setting(
        "faucet.rpcBatch",
        .integer(1...1000),
        default: "100",
        "Calls in one batch to a node, at most; a node that takes fewer gets fewer"
    )
    static let rpcLag = Setting(
        "faucet.rpcLagBlocks",
        .integer(0...1_000_000),
        default: "5",
        "Blocks that a node may be behind the best one and still be asked"
    )
    static let rpcBroadcast = Setting(
        "faucet.rpcBroadcast",
        .choice(["one": "the one in use", "all": "every one"]),
        default: "one",
        "Nodes that transactions are sent to"
    )
    static let lane = [
        Self.laneLease, Self.laneWindow, Self.lanePoll, Self.laneConfirmations, Self.laneStall, Self.laneRebroadcast,
        Self.laneForeignReads, Self.laneGas, Self.feeMode, Self.feeCap, Self.feeTip, Self.feeHeadroom, Self.warnCoins,
        Self.rpcTimeout, Self.rpcBatch, Self.rpcLag, Self.rpcBroadcast,
    ]
}
