"""Runs a program's file as an inline program of the Automation API, and tells on standard output what came of it.

inline.py PROGRAM OPERATION...: each operation's line is {"operation", "changes", "said"}, a refused one's {"error"}. The
configuration comes as JSON on standard input: {name: {"value", "secret"}}.
"""

import json
import runpy
import sys

from pulumi import automation as auto


def main() -> None:
    program, *operations = sys.argv[1:]
    stack = auto.create_or_select_stack("dev", project_name="acme", program=lambda: run(program))
    for name, entry in json.load(sys.stdin).items():
        stack.set_config(name, auto.ConfigValue(**entry))
    for operation in operations:
        print(json.dumps({"operation": operation, **perform(stack, operation)}), flush=True)


def run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def perform(stack: auto.Stack, operation: str) -> dict:
    said: list[str] = []
    if operation == "outputs":
        return {"outputs": {name: output.value for name, output in stack.outputs().items()}}
    try:
        if operation == "preview":
            result = stack.preview(on_output=said.append)
            return {"changes": result.change_summary, "said": said}
        result = getattr(stack, operation)(on_output=said.append)
        return {"changes": result.summary.resource_changes, "said": said}
    except auto.CommandError as error:
        return {"error": str(error), "said": said}


main()
