"""What programs in Python, a JSON list of texts on standard input, say of the SDK: imports, and calls of what is imported."""

import ast
import json
import sys

package = "pulumi_entrasync"


def read(text):
    try:
        tree = ast.parse(text)
        compile(text, "snippet", "exec")
    except SyntaxError as error:
        return {"error": str(error)}
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
    ]
    calls = [
        {"name": node.func.id, "keywords": [keyword.arg for keyword in node.keywords]}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported
    ]
    resources = [
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "SynchronizationTokenAcquisition"
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    attributes = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in resources
    ]
    return {"imported": imported, "calls": calls, "attributes": attributes}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
