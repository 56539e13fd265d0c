/* `npm run demo`: the main job from end to end, against a local Entra and Graph. `-- --keep` leaves both for playing. */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { RequestLogEntry } from "pulumi-entrasync/emulator";
import { startEmulator } from "pulumi-entrasync/emulator";
import { ensureForCommand } from "../engine/command.mts";
import { Interrupted, runPulumi } from "./pulumiChild.mts";
import { openWorkplace } from "./workplace.mts";

const { keep } = parseArgs({ options: { keep: { type: "boolean", default: false } } }).values;
const startedMs = performance.now();

const engine = await ensureForCommand();

/** Ctrl-C: whatever runs comes to its end in order, and the end of this file cleans up. */
const interruption = new AbortController();
process.on("SIGINT", () => interruption.abort()).on("SIGTERM", () => interruption.abort());

const received: RequestLogEntry[] = [];
const emulator = await startEmulator({ onRequest: (entry) => received.push(entry) });
const workplace = await openWorkplace({ ...process.env, ...engine.environment, ...emulator.environment });

try {
    const principal = emulator.createServicePrincipal("Acme");
    say(
        `Pulumi ${engine.version}; a local Microsoft Entra and Microsoft Graph at ${emulator.url}; state in ${workplace.folder}`,
    );
    await pulumi(["stack", "init", workplace.stack], { quiet: true });
    await pulumi(["config", "set", "servicePrincipalId", `/servicePrincipals/${principal.id}`], { quiet: true });
    await setScimToken();

    await step("A preview signs in nowhere and sends nothing", ["preview", "--diff"], { acquisitions: 0, requests: 0 });
    await step("The first up acquires the token", ["up", "--yes", "--skip-preview"], { acquisitions: 1 });
    await step("Up again: nothing has changed", ["up", "--yes", "--skip-preview"], { acquisitions: 0, requests: 0 });
    await setScimToken();
    await step("A rotated credential: the preview names it", ["preview", "--diff"], { acquisitions: 0, requests: 0 });
    await step("… and up acquires once more", ["up", "--yes", "--skip-preview"], { acquisitions: 1 });
    if (!emulator.store.clearCredentials("servicePrincipals", principal.id)) {
        throw new Error("There was nothing to clear.");
    }
    await step(
        "Someone clears the credentials in the portal: refresh sees it",
        ["refresh", "--yes", "--skip-preview"],
        {
            acquisitions: 0,
        },
    );
    await step("… and up hands them over again", ["up", "--yes", "--skip-preview"], { acquisitions: 1 });
    // The same stack, by a program that has one line more: its project has the quickstart's name.
    const validated = ["--cwd", "tools/demo/validated", "--config-file", workplace.configuration];
    emulator.store.validation = "refuse";
    await step(
        "The program asks for validation, and the application says no: up fails",
        ["up", "--yes", "--skip-preview", ...validated],
        { acquisitions: 0, fails: true },
    );
    emulator.store.validation = "accept";
    await step(
        "The application takes them after all: up validates, and acquires nothing",
        ["up", "--yes", "--skip-preview", ...validated],
        { acquisitions: 0 },
    );
    if (keep) {
        await stayOpen();
    } else {
        await step("Destroy sends nothing", ["destroy", "--yes", "--skip-preview"], { acquisitions: 0, requests: 0 });
    }
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    say(
        `Done in ${seconds} s: 3 acquisitions, for 2 sets of credentials and one that somebody had cleared, and no request for ` +
            "anything that had not changed.",
    );
} catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
} finally {
    await workplace.close();
    await emulator.close();
}

/** Pulumi's own output, then what Entra and Graph received of it; another count than the expected one ends the demo. */
async function step(
    title: string,
    args: string[],
    expected: { acquisitions: number; requests?: number; fails?: boolean },
): Promise<void> {
    const before = received.length;
    say(title);
    await pulumi(args, { fails: expected.fails ?? false });
    const since = received.slice(before);
    for (const { method, path, status, keys } of since) {
        const what = keys === undefined ? "" : `, with ${keys.join(" and ")}`;
        process.stdout.write(`    received: ${method} ${path} → ${status}${what}\n`);
    }
    const acquisitions = since.filter(({ path }) => path.endsWith("/acquireAccessToken")).length;
    process.stdout.write(
        since.length === 0
            ? "    Entra and Graph received nothing.\n"
            : `    That is ${acquisitions} acquisition(s).\n`,
    );
    if (acquisitions !== expected.acquisitions || since.length !== (expected.requests ?? since.length)) {
        throw new Error(
            `This demo expected ${expected.acquisitions} acquisition(s)` +
                `${expected.requests === undefined ? "" : ` in ${expected.requests} request(s)`} and saw ${acquisitions} in ${since.length}.`,
        );
    }
}

async function pulumi(
    args: string[],
    options: { quiet?: boolean; input?: string; fails?: boolean } = {},
): Promise<void> {
    await runPulumi(args[1] === "init" ? args : [...args, "--stack", workplace.stack], {
        environment: workplace.environment,
        interruption: interruption.signal,
        ...options,
    });
}

/** By way of standard input: a secret has no place among a process's arguments. */
async function setScimToken(): Promise<void> {
    const input = randomBytes(24).toString("base64url");
    await pulumi(["config", "set", "--secret", "scimToken"], { quiet: true, input });
}

async function stayOpen(): Promise<void> {
    const file = await workplace.writeEnvironmentFile(emulator.environment);
    say("Left open for playing. In another shell:");
    process.stdout.write(
        `    . ${file}\n    npm run pulumi -- up --stack ${workplace.stack}\n\nCtrl-C here ends the emulator and removes the stack. Requests:\n`,
    );
    let printed = received.length;
    const timer = setInterval(() => {
        for (; printed < received.length; printed++) {
            const { method, path, status, keys } = received[printed] as RequestLogEntry;
            process.stdout.write(
                `    ${method} ${path} → ${status}${keys === undefined ? "" : ` ${keys.join(", ")}`}\n`,
            );
        }
    }, 200);
    await new Promise((resolve) => interruption.signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(timer);
}

function say(line: string): void {
    process.stdout.write(`\n── ${line}\n`);
}
