"""The container of vLLM beside an endpoint's server.

It listens on the pod's own loopback address alone: callers reach the server, which has verified the model, asked the
golden prompts and names the version in each answer.
"""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import fetch, pods, quantities
from pulumi_mlops._shared.kubernetes.scheduling import render as scheduling
from pulumi_mlops._shared.kubernetes.scheduling.settings import Accelerator
from pulumi_mlops.endpoint.kubernetes.vllm.settings import VllmSettings

ENGINE = "vllm"
PORT = 8000
ADDRESS = f"http://127.0.0.1:{PORT}"
WEIGHTS = f"{fetch.MODEL_FOLDER}/weights"
"""`mlops_runtime.language_model.contract`: VLLM_WEIGHTS of the artifact."""
CACHE_VOLUME = "engine-cache"
CACHE_FOLDER = "/engine-cache"
PROBE_PERIOD_SECONDS = 10
PROBE_TIMEOUT_SECONDS = 5
# The image's root file system is read-only here, and its user has no home.
_ENVIRONMENT = {
    "HOME": CACHE_FOLDER,
    "TMPDIR": CACHE_FOLDER,
    "XDG_CACHE_HOME": f"{CACHE_FOLDER}/.cache",
    "XDG_CONFIG_HOME": f"{CACHE_FOLDER}/.config",
    "VLLM_CACHE_ROOT": f"{CACHE_FOLDER}/vllm",
    "VLLM_CONFIG_ROOT": f"{CACHE_FOLDER}/vllm-config",
    "TORCHINDUCTOR_CACHE_DIR": f"{CACHE_FOLDER}/inductor",
    "TRITON_CACHE_DIR": f"{CACHE_FOLDER}/triton",
    # PyTorch asks for the name of a user that the image's /etc/passwd need not have: vllm-project/vllm#44548.
    "USER": "vllm",
    # Nothing is fetched, and nothing is reported: the model is there, and the NetworkPolicy lets nothing out.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
# The kubelet asks from outside of the pod, where the engine does not listen.
_PROBE = f"import urllib.request; urllib.request.urlopen('{ADDRESS}/health', timeout={PROBE_TIMEOUT_SECONDS - 1})"


def volumes(settings: VllmSettings | None) -> list[Document]:
    """Return the volumes of the engine alone."""
    return [] if settings is None else [pods.empty_volume(CACHE_VOLUME, f"{settings.cache_volume_gib}Gi")]


def containers(
    settings: VllmSettings | None,
    model_name: str,
    accelerator: Accelerator | None,
    shared_memory_gib: int | None,
    start_seconds: int,
) -> list[Document]:
    """Return the engine's container, in a list; none where there is no engine beside.

    Args:
        settings: The engine's settings.
        model_name: What answers call the model.
        accelerator: Its accelerators.
        shared_memory_gib: Its shared memory.
        start_seconds: How long it may take to load the weights.
    """
    if settings is None:
        return []
    probe = {
        "exec": {"command": ["python3", "-c", _PROBE]},
        "periodSeconds": PROBE_PERIOD_SECONDS,
        "timeoutSeconds": PROBE_TIMEOUT_SECONDS,
    }
    container = pods.container(
        ENGINE,
        settings.image,
        command(settings, model_name, accelerator),
        resources=scheduling.accelerated(quantities.server_resources(settings.cpu, settings.memory), accelerator),
        mounts=[
            pods.mount(fetch.MODEL_VOLUME, fetch.MODEL_FOLDER, read_only=True),
            pods.mount(CACHE_VOLUME, CACHE_FOLDER),
            *scheduling.shared_memory_mounts(shared_memory_gib),
        ],
        variables=pods.environment(_ENVIRONMENT),
        more={
            "startupProbe": {**probe, "failureThreshold": -(-start_seconds // PROBE_PERIOD_SECONDS)},
            "livenessProbe": {**probe, "failureThreshold": 6},
        },
    )
    return [container]


def command(settings: VllmSettings, model_name: str, accelerator: Accelerator | None) -> list[str]:
    """Return the engine's command line: what is not said, vLLM chooses."""
    given = {
        "--max-model-len": settings.context_tokens,
        "--max-num-seqs": settings.sequences_max,
        "--max-num-batched-tokens": settings.batched_tokens_max,
    }
    return [
        *("vllm", "serve", WEIGHTS, "--host", "127.0.0.1", "--port", str(PORT)),
        *("--served-model-name", model_name, "--load-format", "safetensors", "--seed", "0"),
        *("--tensor-parallel-size", str(1 if accelerator is None else accelerator.count)),
        *("--dtype", settings.dtype.value, "--kv-cache-dtype", settings.cache_dtype.value),
        *("--gpu-memory-utilization", f"{settings.accelerator_memory_percent / 100:g}"),
        *(word for name, value in given.items() if value is not None for word in (name, str(value))),
        *(["--enforce-eager"] if settings.enforce_eager else []),
    ]
