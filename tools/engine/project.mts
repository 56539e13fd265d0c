import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where `pulumi` looks for its project when it is started with `args` in `directory`. */
export function projectDirectory(args: readonly string[], directory: string): string {
    const index = args.findIndex((arg) => /^(?:-C|--cwd(?:=|$)|--$)/.test(arg));
    const arg = args[index] ?? "--";
    if (arg === "--") return directory;
    const value = arg === "-C" || arg === "--cwd" ? args[index + 1] : arg.replace(/^(?:-C=?|--cwd=)/, "");
    return resolve(directory, value ?? "");
}

/** Whether the project of `directory`, which is there or in a folder above it, is written in YAML. */
export function isYamlProject(directory: string): boolean {
    // The names and their order are Pulumi's.
    const file = ["Pulumi.json", "Pulumi.yaml", "Pulumi.yml"]
        .map((name) => join(directory, name))
        .find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
    if (file !== undefined) {
        const text = readFileSync(file, "utf8");
        return file.endsWith(".json") ? isYamlInJson(text) : isYamlInYaml(text);
    }
    return dirname(directory) !== directory && isYamlProject(dirname(directory));
}

function isYamlInJson(text: string): boolean {
    try {
        const runtime = memberOf(JSON.parse(text), "runtime");
        return runtime === "yaml" || memberOf(runtime, "name") === "yaml";
    } catch {
        // Pulumi says what is wrong with it.
        return false;
    }
}

function memberOf(value: unknown, key: string): unknown {
    return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/**
 * By the one key that matters: its value on the same line, and the indented lines after it, in any of YAML's styles. A
 * parser of YAML would be a dependency for this alone; a mistake here costs a build at most, or is Pulumi's to report.
 */
function isYamlInYaml(text: string): boolean {
    const runtime = /^["']?runtime["']?:(.*(?:\r?\n(?:[ \t].*)?)*)/m.exec(text)?.[1] ?? "";
    return /^\s*["']?yaml["']?\s*(?:#|$)|(?:^|[\s{,])["']?name["']?:\s*["']?yaml["']?\s*(?:[#,}]|$)/m.test(runtime);
}
