"""The records of feature groups: PutRecord, GetRecord, BatchGetRecord and DeleteRecord, in front of moto's server.

moto has no sagemaker-featurestore-runtime. Pages are those below
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_feature_store_*.
"""

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sagemaker.models import sagemaker_backends

from sandbox.aws.faults import Application, Kind, faults
from sandbox.aws.feature_store import catalog, rules
from sandbox.aws.feature_store.group import CREATED, Group, OnlineRecord
from sandbox.aws.feature_store.operations import groups

FAKED = (
    "SageMaker Feature Store runtime PutRecord: an older event is written offline alone; what AWS refuses is refused",
    "SageMaker Feature Store runtime GetRecord and BatchGetRecord: what is deleted or expired is not answered",
    "SageMaker Feature Store runtime DeleteRecord: softly by default, and not by an older event",
    "SageMaker Feature Store: offline records are Parquet on S3 after `POST /_offline_store`; AWS takes 15 minutes",
)
SERVICE = "FeatureStore"
"""What faults call it: its requests have no header that names it."""
FLUSH_PATH = "/_offline_store"
_RECORDS = "/FeatureGroup/"
_BATCH = "/BatchGetRecord"
_OPERATIONS = {"PUT": "PutRecord", "GET": "GetRecord", "DELETE": "DeleteRecord"}
_MOST_RECORDS = 100
_BOTH = frozenset(("OnlineStore", "OfflineStore"))
_LOCK = threading.Lock()
_STATUS = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found", 500: "500 Internal Server Error"}


class NotThere(Exception):  # noqa: N818 - an answer, and no fault of ours
    """There is no such group."""


def with_records(application: Application) -> Application:
    """Return an application that answers for records, and else as this one."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == FLUSH_PATH:
            return _respond(start_response, 200, {"rows": _flush()})
        if not path.startswith(_RECORDS) and path != _BATCH:
            return application(environ, start_response)
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        operation = "BatchGetRecord" if path == _BATCH else _OPERATIONS.get(environ["REQUEST_METHOD"], "")
        refused = _fault(operation)
        if refused is not None:
            return _respond(start_response, *refused)
        query = parse_qs(environ.get("QUERY_STRING", ""))
        region = _region(environ.get("HTTP_AUTHORIZATION", ""))
        try:
            with _LOCK:
                told = _answer(operation, region, path.removeprefix(_RECORDS), query, body)
        except rules.Refused as error:
            return _respond(start_response, 400, {"message": str(error)}, "ValidationError")
        except NotThere as error:
            return _respond(start_response, 404, {"message": str(error)}, "ResourceNotFound")
        return _respond(start_response, 200, told)

    return answer


def _answer(
    operation: str, region: str, name: str, query: Mapping[str, list[str]], body: Mapping[str, Any]
) -> dict[str, Any]:
    if operation == "BatchGetRecord":
        return _batch(region, body)
    group = _group(region, name)
    if operation == "PutRecord":
        return _put(group, body)
    identifier = query["RecordIdentifierValueAsString"][0]
    if operation == "GetRecord":
        return _get(group, identifier, query.get("FeatureName"), query.get("ExpirationTimeResponse", [None])[0])
    stores = frozenset(query.get("TargetStores", _BOTH))
    return _delete(group, identifier, query["EventTime"][0], query.get("DeletionMode", ["SoftDelete"])[0], stores)


def _put(group: Group, body: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [(one["FeatureName"], one.get("ValueAsString")) for one in body["Record"]]
    if len({name for name, _ in pairs}) < len(pairs):
        raise rules.Refused("Validation Error: a feature is given twice in the record.")
    # A value that is null, or not given, is null: "This will be a full over-write."
    values = {name: value for name, value in pairs if value is not None}
    rules.record(values, group.types, group.identifier, group.event_time)
    ttl = rules.seconds(body.get("TtlDuration"))
    if ttl is None:
        ttl = rules.seconds((group.request.get("OnlineStoreConfig") or {}).get("TtlDuration"))
    group.put(values, frozenset(body.get("TargetStores") or _BOTH), ttl)
    return {}


def _get(group: Group, identifier: str, wanted: Iterable[str] | None, expiry: str | None) -> dict[str, Any]:
    if not group.is_online:
        raise rules.Refused(f"FeatureGroup {group.name} has no online store.")
    unknown = sorted(set(wanted or ()) - set(group.types))
    if unknown:
        raise rules.Refused(f"Validation Error: FeatureNames {unknown} are not defined in the feature group.")
    record = group.records.get(identifier)
    if record is None or not record.is_readable():
        return {}
    return {"Record": list(_shown(group, record, wanted)), **_expiry(record, expiry)}


def _shown(group: Group, record: OnlineRecord, wanted: Iterable[str] | None) -> Iterator[dict[str, str]]:
    for name in wanted or group.types:
        if name in record.values:
            yield {"FeatureName": name, "ValueAsString": record.values[name]}


def _expiry(record: OnlineRecord, expiry: str | None) -> dict[str, str]:
    if expiry != "Enabled" or record.expires_at is None:
        return {}
    return {"ExpiresAt": f"{datetime.fromtimestamp(record.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _delete(group: Group, identifier: str, event_time: str, mode: str, stores: frozenset[str]) -> dict[str, Any]:
    """Delete by a later event. Of an earlier one, only the mark of a soft deletion is kept, offline."""
    moment = rules.moment(event_time, group.types[group.event_time])
    there = group.records.get(identifier)
    if mode == "HardDelete":
        if there is not None and moment <= there.moment:
            raise rules.Refused("EventTime: the event time is not later than that of the record in the online store.")
        group.records.pop(identifier, None)
        stores = stores - {"OnlineStore"}
    group.put({group.identifier: identifier, group.event_time: event_time}, stores, None, is_deleted=True)
    return {}


def _batch(region: str, body: Mapping[str, Any]) -> dict[str, Any]:
    asked = [
        (one["FeatureGroupName"], identifier, one.get("FeatureNames"))
        for one in body["Identifiers"]
        for identifier in one["RecordIdentifiersValueAsString"]
    ]
    if len(asked) > _MOST_RECORDS:
        # dg/feature-store-quotas: "BatchGetRecord API: Can contain as many as 100 records".
        raise rules.Refused(f"BatchGetRecord takes at most {_MOST_RECORDS} records, and not {len(asked)}.")
    found: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for name, identifier, wanted in asked:
        of = {"FeatureGroupName": name, "RecordIdentifierValueAsString": identifier}
        try:
            answer = _get(_group(region, name), identifier, wanted, body.get("ExpirationTimeResponse"))
        except (rules.Refused, NotThere) as error:
            code = "ResourceNotFound" if isinstance(error, NotThere) else "ValidationError"
            errors.append({**of, "ErrorCode": code, "ErrorMessage": str(error)})
        else:
            found += [{**of, **answer}] if answer else []
    return {"Records": found, "Errors": errors, "UnprocessedIdentifiers": []}


def _group(region: str, name_or_arn: str) -> Group:
    name = name_or_arn.rpartition("/")[2].lower()
    for known, group in groups(sagemaker_backends[_account()][region]).items():
        if known.lower() == name and group.status != "Deleting":
            if group.status != CREATED:
                raise rules.Refused(f"FeatureGroup {known} is {group.status}, and not {CREATED}.")
            return group
    raise NotThere(f"Feature group {name} of account {_account()} in {region} is not found.")


def _flush() -> int:
    """Write what every group has buffered; return how many rows that is."""
    with _LOCK:
        regions = list(sagemaker_backends[_account()].values())
        every = [group for backend in regions for group in groups(backend).values()]
    return sum(catalog.write(group) for group in every)


def _fault(operation: str) -> tuple[int, dict[str, str], str] | None:
    fault = faults.take(SERVICE, operation, Kind.THROTTLE, Kind.FAIL, Kind.DELAY)
    if fault is None:
        return None
    if fault.kind is Kind.DELAY:
        time.sleep(fault.seconds)
        return None
    if fault.kind is Kind.THROTTLE:
        return 400, {"message": fault.reason}, "ThrottlingException"
    return 500, {"message": fault.reason}, "InternalFailure"


def _account() -> str:
    """Return the account that everything belongs to, as moto's own responses know it."""
    return os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)


def _region(authorization: str) -> str:
    """Return the region that a request is signed for: Credential=key/date/region/service/aws4_request."""
    scope = authorization.partition("Credential=")[2].split(",")[0].split("/")
    return scope[2] if len(scope) > 2 else "us-east-1"


def _respond(start_response: Any, status: int, document: Mapping[str, Any], code: str = "") -> list[bytes]:
    headers = [("Content-Type", "application/json")]
    if code:
        headers.append(("x-amzn-errortype", code))
    start_response(_STATUS[status], headers)
    return [json.dumps(document).encode()]
