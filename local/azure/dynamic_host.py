"""The process that runs dynamic resources: Pulumi's own host, ended with the engine that started it."""

import runpy

from local.azure.parent import follow_parent

if __name__ == "__main__":
    follow_parent()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
