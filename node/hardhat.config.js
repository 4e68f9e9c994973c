// The chain that `npx hardhat node` runs. It mines each transaction at once, and refuses every nonce but the next.
// For a block each second, where nonces may come in any order:
//
//     mining: { auto: false, interval: 1000 },

/** @type import('hardhat/config').HardhatUserConfig */
module.exports = {
  // Nothing is compiled here, but Hardhat wants a version.
  solidity: "0.8.28",
  networks: {
    hardhat: {
      chainId: 31337,
      mining: { auto: true },
    },
  },
};
