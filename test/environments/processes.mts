import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Outcome } from "./acquire.mts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What a process wrote, and how it ended. */
export interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    /** Both streams, for what must not be there. */
    readonly output: string;
}

/** Runs a script with exactly this environment. */
function run(
    script: string,
    args: readonly string[],
    { environment, input = "", folder }: { environment: NodeJS.ProcessEnv; input?: string; folder?: string },
): Promise<Ran> {
    const child = spawn(process.execPath, [script, ...args], { env: environment, ...(folder ? { cwd: folder } : {}) });
    let stdout = "";
    let output = "";
    child.stdout.on("data", (chunk) => {
        stdout += chunk;
        output += chunk;
    });
    child.stderr.on("data", (chunk) => {
        output += chunk;
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, stdout, output }));
    });
}

/** Acquires by the built package in a process with exactly this environment. */
export async function acquireApart(
    order: Order,
    environment: NodeJS.ProcessEnv,
): Promise<Ran & { readonly outcome: Outcome }> {
    const ran = await run(pathOf("acquire.mts"), [], { environment, input: JSON.stringify(order) });
    const last = ran.stdout.trimEnd().split("\n").at(-1) ?? "";
    try {
        return { ...ran, outcome: JSON.parse(last) as Outcome };
    } catch {
        throw new Error(`It printed no outcome: ${ran.output}`);
    }
}

/** What `doctor --json` prints, as far as the tests look at it. */
export interface Report {
    readonly stack?: string;
    readonly allowed: boolean;
    readonly signIn?: {
        readonly method: string;
        readonly as: string;
        readonly because: string[];
        readonly warnings: string[];
    };
    readonly cloud?: { readonly name: string; readonly graph: string; readonly authority: string };
    readonly token?: {
        readonly tenantId: string;
        readonly clientId: string;
        readonly roles: string[];
        readonly scopes?: string[];
    };
    readonly permission?: { readonly granted: boolean; readonly because: string };
    readonly target?: { readonly id: string; readonly readable: boolean; readonly because: string };
    readonly problem?: { readonly code: string; readonly message: string };
    readonly unread?: string;
}

/** Runs `pulumi-entrasync doctor`. */
export function runDoctor(args: readonly string[], environment: NodeJS.ProcessEnv, folder?: string): Promise<Ran> {
    return run(pathOf("../../dist/command.js"), ["doctor", ...args], { environment, ...(folder ? { folder } : {}) });
}

/** Runs `pulumi-entrasync doctor --json`. */
export async function diagnoseApart(
    args: readonly string[],
    environment: NodeJS.ProcessEnv,
    folder?: string,
): Promise<Ran & { readonly report: Report }> {
    const ran = await runDoctor([...args, "--json"], environment, folder);
    try {
        return { ...ran, report: JSON.parse(ran.stdout) as Report };
    } catch {
        throw new Error(`It printed no JSON: ${ran.output}`);
    }
}
