"""The process of a local provider: `python -m local.azure.plugin PACKAGE VERSION STATE ENGINE_ADDRESS`.

The engine starts it from PULUMI_HOME/plugins and reads the port that it serves on from its output.
"""

import asyncio
import sys
from pathlib import Path

import grpc
import grpc.aio
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from local.azure.parent import follow_parent
from local.azure.provider import LaptopProvider
from local.errors import HighwaterError
from local.state import State


class _Servicer(ProviderServicer):
    """Pulumi's servicer with old inputs for diffs, and errors that a user can read."""

    async def Diff(self, request, context):
        # The experimental provider hands over the old outputs only; a fair diff is between inputs.
        request.olds.CopyFrom(request.old_inputs)
        return await super().Diff(request, context)


def _readable(method):
    """A servicer's method whose HighwaterError reaches the user as it is, without the provider's stack."""

    async def served(self, request, context):
        try:
            return await method(self, request, context)
        except Exception as error:
            cause = error if isinstance(error, HighwaterError) else error.__context__
            if isinstance(cause, HighwaterError):
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(cause))
            raise

    return served


for _name in ("CheckConfig", "Configure", "Check", "Diff", "Create", "Read", "Update", "Delete", "Invoke"):
    setattr(_Servicer, _name, _readable(getattr(_Servicer, _name)))


async def _serve(version: str, state: State, engine_address: str) -> None:
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = _Servicer([], version, LaptopProvider(state), engine_address=engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


def main() -> None:
    """Serve until the engine ends this process or is gone."""
    _package, version, root, engine_address = sys.argv[1:5]
    follow_parent()
    asyncio.run(_serve(version, State(Path(root)), engine_address))


if __name__ == "__main__":
    main()
