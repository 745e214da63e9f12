"""A provider that writes down what it is asked to make, and answers what the service would.

`python recording_provider.py PACKAGE VERSION RECORD ENGINE_ADDRESS`: a line {type, urn, inputs} for each create
goes to RECORD. The type that REFUSE in the environment names is refused. It stands at the boundary of the
engine, so nothing before it is replaced: the program, its SDKs, the engine and the wire are the real ones.
Dynamic resources (`pulumi-python`) end here too.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import grpc.aio
from pulumi.provider.experimental import provider as api
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from local.azure.outputs import answer
from local.azure.values import plain_map, wire


class Recorder(api.Provider):
    def __init__(self, record: Path):
        self._record = record

    async def check_config(self, request: api.CheckRequest) -> api.CheckResponse:
        return api.CheckResponse(inputs=request.new_inputs)

    async def configure(self, request: api.ConfigureRequest) -> api.ConfigureResponse:
        return api.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: api.CheckRequest) -> api.CheckResponse:
        return api.CheckResponse(inputs=request.new_inputs)

    async def create(self, request: api.CreateRequest) -> api.CreateResponse:
        token, inputs = request.type.rpartition("$")[2], plain_map(request.properties)
        if token == os.environ.get("REFUSE"):
            raise RuntimeError(f"{token} is refused, as asked")
        answered = answer(token, request.name, inputs)
        with self._record.open("a") as out:
            out.write(json.dumps({"type": token, "urn": request.urn, "inputs": inputs}) + "\n")
        given = {key: value for key, value in request.properties.items() if not key.startswith("__")}
        added = {k: wire(v) for k, v in answered.outputs.items() if k not in given or v != inputs.get(k)}
        return api.CreateResponse(answered.id, given | added)

    async def delete(self, request: api.DeleteRequest) -> None: ...


async def main(version: str, record: Path, engine_address: str) -> None:
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = ProviderServicer([], version, Recorder(record), engine_address=engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    _package, version, record, address = sys.argv[1:5]
    asyncio.run(main(version, Path(record), address))
