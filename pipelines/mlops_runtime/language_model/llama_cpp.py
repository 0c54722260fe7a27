"""`python -m mlops_runtime.language_model.llama_cpp`: llama.cpp's own server for one file, on this machine alone."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

# How many tokens of a prompt are read at a time: more takes memory and is no quicker on a CPU.
BATCH_TOKENS = 512
# Each connection takes a thread, which waits with it for its turn. With the few that llama.cpp has by default, the
# callers who wait would keep the metrics from being read.
WAITING_CONNECTIONS = 512


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, or until standard input ends: that is, with whoever started this.

    The address is told on standard output once it answers.
    """
    options = parser().parse_args(arguments)
    import xllamacpp  # noqa: PLC0415 - it is large, and what is wrong with the arguments is told without it

    parameters = xllamacpp.CommonParams()
    parameters.model.path = options.weights
    parameters.model_alias = {options.name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = options.context_tokens * options.parallel_requests
    parameters.n_parallel = options.parallel_requests
    parameters.n_batch = parameters.n_ubatch = min(BATCH_TOKENS, options.context_tokens)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    parameters.n_threads_http = options.parallel_requests + WAITING_CONNECTIONS
    parameters.endpoint_metrics = True
    # A longer answer than the context ends there. Shifted, it would go on without its beginning.
    parameters.ctx_shift = False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Run llama.cpp's server on a port of 127.0.0.1.")
    parser.add_argument("--weights", required=True, help="the GGUF file")
    parser.add_argument("--name", required=True, help="what answers call the model")
    parser.add_argument("--context-tokens", type=int, required=True, help="tokens of one request, its answer included")
    parser.add_argument("--parallel-requests", type=int, required=True, help="requests answered at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads that compute (default: 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
