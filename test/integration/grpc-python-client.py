"""A stock client, made by grpcio-tools from a proto file alone.

Arguments: address, proto file, folder for what is made of it, and optionally certificate authority, certificate and key.
Prints what it got as JSON.
"""

import json
import os
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_tools import protoc

address, proto, folder, *tls = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
name = os.path.basename(proto)
arguments = ["protoc", f"--proto_path={os.path.dirname(proto)}", f"--proto_path={os.path.dirname(protoc.__file__)}/_proto"]
if protoc.main([*arguments, f"--python_out={folder}", f"--grpc_python_out={folder}", name]) != 0:
    sys.exit("protoc did not succeed")
sys.path.insert(0, folder)
module = name.removesuffix(".proto").replace("-", "_")
messages = __import__(f"{module}_pb2")
services = __import__(f"{module}_pb2_grpc")

if tls:
    authority, certificate, key = (open(path, "rb").read() for path in tls)
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(authority, key, certificate))
else:
    channel = grpc.insecure_channel(address)
detector = services.DetectorServiceStub(channel)

COUNT = 300
TIME = 1795229900442000001


def events():
    for number in range(COUNT):
        yield messages.EventEnvelope(
            event_id=f"py-{number}",
            hostname="python-host",
            pod_name="pod-1",
            namespace="default",
            event_type="file_open",
            data=[f"/tmp/ünïcode {number}", "577", "python3", str(number), str(number), "1000"],
            attributes={"open_flags": "O_WRONLY|O_CREAT", "cluster": "blue"},
            ts_unix_nano=TIME + number,
        )


responses = list(detector.StreamEvents(events(), timeout=20))
report = messages.AnomalyReport(event_id="py-1", reason="from python", score=0.5, labels={"a": "b"})
empty = detector.ReportAnomaly(report, timeout=20)


def raw(method, requests):
    """A call whose messages are bytes."""
    return channel.stream_stream(method, request_serializer=bytes, response_deserializer=bytes)(iter(requests), timeout=20)


def broken():
    try:
        list(raw("/sentinel.v1.DetectorService/StreamEvents", [b"\x0a\xff"]))
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def reflected():
    """The stock reflection client asks for the service, and protobuf builds it from the answer."""
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    database = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName("sentinel.v1.DetectorService")
    envelope = pool.FindMessageTypeByName("sentinel.v1.EventEnvelope")
    batch = pool.FindMessageTypeByName("sentinel.v1.EventBatch")
    return {
        "services": sorted(database.get_services()),
        "methods": [method.name for method in service.methods],
        "fields": {field.name: field.number for field in envelope.fields},
        "is_map": envelope.fields_by_name["attributes"].message_type.GetOptions().map_entry,
        "batched": batch.fields_by_name["events"].message_type.full_name,
    }


def health():
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    stub = health_pb2_grpc.HealthStub(channel)
    status = {
        service: health_pb2.HealthCheckResponse.ServingStatus.Name(
            stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=20).status
        )
        for service in ("", "sentinel.v1.DetectorService")
    }
    try:
        stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=20)
    except grpc.RpcError as error:
        status["nobody"] = error.code().name
    return status


print(
    json.dumps(
        {
            "ids": [response.event_id for response in responses],
            "anomalies": [response.event_id for response in responses if response.anomaly],
            "scores": sorted({response.score for response in responses}),
            "reasons": sorted({response.reason for response in responses}),
            "seconds": responses[0].ts.seconds,
            "empty": type(empty).__name__,
            "broken": broken(),
            "health": health(),
            "reflection": reflected(),
        }
    )
)
