"""Ranges and defaults of an endpoint's settings on SageMaker."""

from dataclasses import replace

from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.endpoint.settings import REQUEST_TIMEOUT_SECONDS

ROLLOUT_TIMEOUT_SECONDS = Setting(10, 14400, default=1800)
"""API_BlueGreenUpdatePolicy: MaximumExecutionTimeoutInSeconds, at most 14400."""
REAL_TIME_REQUEST_SECONDS = 60
"""API_runtime_InvokeEndpoint: "A customer's model containers must respond to requests within 60 seconds." """
ASYNCHRONOUS_REQUEST_TIMEOUT_SECONDS = replace(REQUEST_TIMEOUT_SECONDS, default=3600)
"""API_runtime_InvokeEndpointAsync: each request says its own InvocationTimeoutSeconds, 3600 at most."""
STEP_PERCENT = Setting(1, 50, default=10)
LINEAR_STEP_PERCENT = Setting(10, 50, default=10)
BAKE_SECONDS = Setting(0, 3600, default=120)
DEFAULT_INSTANCE_TYPE = "ml.m5.large"
MODEL_DATA_DOWNLOAD_TIMEOUT_SECONDS = Setting(60, 3600)
CONTAINER_STARTUP_HEALTH_CHECK_TIMEOUT_SECONDS = Setting(60, 3600)
"""API_ProductionVariant, both."""
INSTANCE_COUNT = Setting(1, 1000, default=1)
LATENCY_P99_MILLISECONDS = Setting(1, 60000)
PERCENT = Range(0, 100, ends_included=False)
# An alarm when the answers of a whole minute fail: what more than 99 of 100 means.
DEFAULT_SERVER_ERROR_PERCENT = 99.0
MODEL_ERRORS = Setting(0, 1_000_000)
INVOCATIONS_PER_INSTANCE = Setting(1, 1_000_000, default=500)
SCALE_IN_COOLDOWN_SECONDS = Setting(0, 3600, default=300)
SCALE_OUT_COOLDOWN_SECONDS = Setting(0, 3600, default=60)
SAMPLING_PERCENT = Setting(1, 100, default=100)
DEFAULT_SERVERLESS_MEMORY_MIB = 2048
SERVERLESS_CONCURRENCY = Setting(1, 200, default=5)
PROVISIONED_CONCURRENCY = Setting(1, 200)
CONCURRENT_PER_INSTANCE = Setting(1, 1000, default=1)
BACKLOG_PER_INSTANCE = Setting(1, 10000, default=5)
SUPERSEDED_CONFIGURATIONS_KEPT = Setting(0, 20, default=2)
