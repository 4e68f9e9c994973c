"""A local EVM chain behind JSON-RPC, for machines without npm: see node/README.md."""
