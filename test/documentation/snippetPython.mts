import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { functionNames, resourceType } from "../../provider/plugin/names.ts";
import { schema } from "../../tools/reference/schema.mts";

/** What snippetPython.py reads of one program. */
type Read =
    | { readonly error: string }
    | {
          readonly imported: readonly string[];
          readonly calls: readonly { readonly name: string; readonly keywords: readonly string[] }[];
          readonly attributes: readonly string[];
      };

const reader = fileURLToPath(new URL("./snippetPython.py", import.meta.url));

/** What is wrong with each program: it does not compile, or the SDK has no such name. test/python runs one by the SDK. */
export function problemsOfPython(programs: Readonly<Record<string, string>>): readonly string[] {
    const { status, stdout, stderr } = spawnSync("python3", [reader], {
        input: JSON.stringify(Object.values(programs)),
        encoding: "utf8",
    });
    if (status !== 0) throw new Error(`Python ended with ${status}: ${stderr}`);
    const read = JSON.parse(stdout) as readonly Read[];
    return Object.keys(programs).flatMap((name, index) =>
        problemsOf(read[index] ?? { error: "it was not read" }).map((problem) => `${name}: ${problem}`),
    );
}

function problemsOf(read: Read): readonly string[] {
    if ("error" in read) return [read.error];
    const resource = schema.resources[resourceType];
    const outputs = ["id", "urn", ...Object.keys(resource?.properties ?? {}).map(pythonic)];
    const calledWith: Readonly<Record<string, readonly string[]>> = {
        SynchronizationTokenAcquisition: [...Object.keys(resource?.inputProperties ?? {}).map(pythonic), "opts"],
        ...Object.fromEntries(
            Object.values(functionNames).map((token) => [
                pythonic(nameOf(token)),
                [...Object.keys(schema.functions[token]?.inputs.properties ?? {}).map(pythonic), "opts"],
            ]),
        ),
    };
    const types = Object.keys(schema.types).flatMap((token) => [nameOf(token), `${nameOf(token)}Args`]);
    const exported = ["Provider", ...Object.keys(calledWith), ...types];
    return [
        ...read.imported.filter((name) => !exported.includes(name)).map((name) => `the SDK has no ${name}`),
        ...read.calls.flatMap(({ name, keywords }) =>
            keywords
                .filter((keyword) => !(calledWith[name]?.includes(keyword) ?? true))
                .map((keyword) => `${name} takes no ${keyword}`),
        ),
        ...read.attributes
            .filter((name) => !outputs.includes(name) && name !== "apply")
            .map((name) => `the resource has no ${name}`),
    ];
}

/** As Pulumi's generator of SDKs for Python writes names. */
function pythonic(name: string): string {
    return name.replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function nameOf(token: string): string {
    return token.split(":").at(-1) ?? "";
}
