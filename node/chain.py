#!/usr/bin/env python3
"""A local EVM chain for machines without npm; README.md beside this file describes it."""

import argparse
import asyncio
import contextlib
import signal
import sys

try:
    from localchain.accounts import KEYS
    from localchain.chain import Chain, ChainOptions
    from localchain.control import Control
    from localchain.dispatch import LONGEST_BATCH, Dispatcher
    from localchain.faults import Faults
    from localchain.geth import GethRules
    from localchain.hardhat import HardhatRules
    from localchain.miner import mine_by_the_clock
    from localchain.pool import PoolLimits
    from localchain.reads import Reads
    from localchain.server import Server
    from localchain.writes import Writes
except ModuleNotFoundError as missing:
    sys.exit(f"chain: {missing.name} is not installed. Run scripts/setup, and start this with node/.venv/bin/python.")

RULES = {"hardhat": HardhatRules, "geth": GethRules}


def _mining(text: str) -> tuple[bool, float]:
    if text in ("auto", "manual"):
        return text == "auto", 0
    kind, _, seconds = text.partition(":")
    try:
        if kind != "interval" or not 0.01 <= float(seconds) <= 3600:
            raise ValueError
        return False, float(seconds)
    except ValueError as error:
        raise argparse.ArgumentTypeError("auto, manual, or interval:SECONDS from 0.01 to 3600") from error


def _pool(text: str) -> PoolLimits:
    try:
        return PoolLimits(*(int(word) for word in text.split("/")))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError("four numbers, as 16/5120/64/1024") from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chain.py", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8545, help="0 takes any free one")
    parser.add_argument("--rules", choices=RULES, default="hardhat", help="whose pool rules and error texts")
    parser.add_argument("--mining", type=_mining, default="auto", metavar="auto|interval:SECONDS|manual")
    parser.add_argument("--data", metavar="DIR", help="keep the blocks there; without it each start is a new chain")
    parser.add_argument("--chain-id", type=int, default=31337)
    parser.add_argument("--genesis-time", metavar="SECONDS|fresh", default="fresh", help="the same time, the same hash")
    parser.add_argument("--accounts", type=int, default=10, choices=range(1, 11), metavar="1…10")
    parser.add_argument("--gas-price", type=int, metavar="WEI", help="what gas costs, fixed")
    parser.add_argument("--legacy", action="store_true", help="no base fee and no transactions of type 2")
    parser.add_argument("--fee-cap", type=float, default=0, metavar="COINS", help="geth's --rpc.txfeecap; 0 is none")
    parser.add_argument("--state-blocks", type=int, metavar="N", help="keep state for so many blocks; all without it")
    parser.add_argument("--batch-limit", type=int, default=LONGEST_BATCH, metavar="N", help="calls in one batch")
    parser.add_argument("--tip", type=int, default=10**9, metavar="WEI", help="what eth_maxPriorityFeePerGas proposes")
    parser.add_argument("--min-tip", type=int, default=1, metavar="WEI", help="the least tip that geth's rules take")
    parser.add_argument(
        "--pool", type=_pool, metavar="A/G/Q/T", help="geth's account slots, global slots, account queue, global queue"
    )
    parser.add_argument("--faults", action="store_true", help="answer the tally_ methods, which break things")
    return parser.parse_args()


def _chain(arguments: argparse.Namespace) -> Chain:
    options = ChainOptions(
        chain_id=arguments.chain_id,
        accounts=arguments.accounts,
        is_legacy=arguments.legacy,
        gas_price=arguments.gas_price,
        fee_cap=arguments.fee_cap,
        genesis_time=None if arguments.genesis_time == "fresh" else int(arguments.genesis_time),
        data=arguments.data,
        state_blocks=arguments.state_blocks,
        min_tip=arguments.min_tip,
        tip=arguments.tip,
        pool=arguments.pool,
    )
    return Chain(options, RULES[arguments.rules]())


async def _run(arguments: argparse.Namespace) -> None:
    chain = _chain(arguments)
    faults = Faults()
    # geth 1.9 and Hardhat 2.12 have no receipts by block.
    reads = Reads(
        chain, list(KEYS)[: arguments.accounts], f"TallyChain/1 ({arguments.rules} rules)",
        arguments.rules == "geth" and not arguments.legacy,
    )
    writes = Writes(chain)
    chain.is_automining, writes.interval = arguments.mining
    control = Control(chain, faults) if arguments.faults else None
    dispatcher = Dispatcher(reads, writes, control, faults, arguments.batch_limit)
    server, port = await Server(chain, dispatcher, faults).listen(arguments.host, arguments.port)
    print(f"Chain is ready: http://{arguments.host}:{port}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    miner = asyncio.create_task(mine_by_the_clock(chain, writes))
    await ended.wait()
    server.close()
    miner.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await miner
    chain.journal.close()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
