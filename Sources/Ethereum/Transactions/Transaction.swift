/// A transaction for a sender to sign: coins, and maybe data, for an address.
package enum Transaction: Hashable, Sendable {
    case legacy(LegacyTransaction)
    case feeMarket(FeeMarketTransaction)
}

/// A transaction with one gas price, as EIP-155 ties it to a chain.
package struct LegacyTransaction: Hashable, Sendable {
    /// 0 in those from before EIP-155, which are good on every chain: they can be read, and are never signed.
    package var chainID: UInt64
    package var nonce: UInt64
    package var to: Address
    package var value: Wei
    package var gasLimit: UInt64
    package var gasPrice: Wei
    package var data: [UInt8]

    package init(
        chainID: UInt64,
        nonce: UInt64,
        to: Address,
        value: Wei,
        gasLimit: UInt64,
        gasPrice: Wei,
        data: [UInt8] = []
    ) {
        self.chainID = chainID
        self.nonce = nonce
        self.to = to
        self.value = value
        self.gasLimit = gasLimit
        self.gasPrice = gasPrice
        self.data = data
    }
}

/// A transaction of type 2 (EIP-1559), with an empty access list.
package struct FeeMarketTransaction: Hashable, Sendable {
    package var chainID: UInt64
    package var nonce: UInt64
    package var to: Address
    package var value: Wei
    package var gasLimit: UInt64
    /// The most that is paid for a unit of gas.
    package var maxFee: Wei
    /// The most of it that goes to who makes the block.
    package var maxPriorityFee: Wei
    package var data: [UInt8]

    package init(
        chainID: UInt64,
        nonce: UInt64,
        to: Address,
        value: Wei,
        gasLimit: UInt64,
        maxFee: Wei,
        maxPriorityFee: Wei,
        data: [UInt8] = []
    ) {
        self.chainID = chainID
        self.nonce = nonce
        self.to = to
        self.value = value
        self.gasLimit = gasLimit
        self.maxFee = maxFee
        self.maxPriorityFee = maxPriorityFee
        self.data = data
    }
}

extension Transaction {
    package var chainID: UInt64 {
        switch self {
        case .legacy(let transaction): transaction.chainID
        case .feeMarket(let transaction): transaction.chainID
        }
    }

    package var nonce: UInt64 {
        switch self {
        case .legacy(let transaction): transaction.nonce
        case .feeMarket(let transaction): transaction.nonce
        }
    }

    package var to: Address {
        switch self {
        case .legacy(let transaction): transaction.to
        case .feeMarket(let transaction): transaction.to
        }
    }

    package var value: Wei {
        switch self {
        case .legacy(let transaction): transaction.value
        case .feeMarket(let transaction): transaction.value
        }
    }

    package var gasLimit: UInt64 {
        switch self {
        case .legacy(let transaction): transaction.gasLimit
        case .feeMarket(let transaction): transaction.gasLimit
        }
    }

    package var data: [UInt8] {
        switch self {
        case .legacy(let transaction): transaction.data
        case .feeMarket(let transaction): transaction.data
        }
    }

    /// The most that is paid for a unit of gas.
    package var feeLimit: Wei {
        switch self {
        case .legacy(let transaction): transaction.gasPrice
        case .feeMarket(let transaction): transaction.maxFee
        }
    }

    /// The least balance of the sender that a node asks for: value, and the fee at its highest.
    ///
    /// `nil` when that is over 256 bits.
    package var cost: Wei? { self.feeLimit.multiplied(by: self.gasLimit)?.adding(self.value) }
}
