"""Runs the program in this folder, `__main__.py`, for the language host of these tests."""

import asyncio
import os
import runpy
import sys

from pulumi.runtime import reset_options, run_in_stack

reset_options(
    project=os.environ["PULUMI_PROJECT"],
    stack=os.environ["PULUMI_STACK"],
    organization=os.environ["PULUMI_ORGANIZATION"],
    monitor_address=os.environ["PULUMI_MONITOR"],
    engine_address=os.environ["PULUMI_ENGINE"],
    parallel=int(os.environ["PULUMI_PARALLEL"]),
    preview=os.environ["PULUMI_DRY_RUN"] == "true",
)
sys.path[0] = os.getcwd()


def program() -> None:
    runpy.run_path("__main__.py", run_name="__main__")


asyncio.new_event_loop().run_until_complete(run_in_stack(program))
