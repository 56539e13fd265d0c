import { spawn } from "node:child_process";
import { join } from "node:path";
import type { SignInTask } from "./signInProcess.mts";

/** Signs in in a process of its own: proxy and trust are read when a process starts. */
export async function signInApart(
    task: SignInTask,
    environment: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
    const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "signInProcess.mts")], {
        env: { PATH: process.env.PATH, ...environment },
        stdio: ["pipe", "pipe", "pipe"],
    });
    // Not an argument: every user of the machine reads those.
    child.stdin.end(JSON.stringify(task));
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
        output += chunk;
    });
    child.stderr.on("data", (chunk) => {
        errors += chunk;
    });
    await new Promise((resolve) => child.on("close", resolve));
    try {
        return JSON.parse(output) as Record<string, unknown>;
    } catch {
        throw new Error(`It printed no JSON: ${output}${errors}`);
    }
}
