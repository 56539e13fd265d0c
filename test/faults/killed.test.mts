import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, type SeededObject, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { of, watch } from "../support/observed.mts";
import { openStack, type Result, type Stack, type StateResource, theEngine } from "../support/stack.mts";
import { credentialsOf, type Kind, kinds, operations } from "./expected.mts";
import type { Operation } from "./faults.mts";
import { descendantsOf, endLeftovers, isRunning, type Process, until } from "./processes.mts";

/*
 * The engine or the provider is killed at each step of an acquisition, or the user cancels; then `up` runs again.
 *
 * What a dynamic provider knows of it (measured on 3.259.0): nothing. Ctrl-C reaches the engine only, for the provider is in
 * a process group of its own, and the engine's word to it, the call `Cancel`, ends in Pulumi's host and reaches no hook. After
 * one Ctrl-C the engine waits for the hook; at a second one it kills the provider's process. Where the engine itself is
 * killed, the provider lives on: it finishes what is under way, and more than 20 s later it is still there. So nothing can be
 * written down at the end: what is to be known later must be written before, which is what the note of a one-time code is
 * for. These tests end what was left over, as a machine does that goes down.
 *
 * One step can't be hit from outside in the provider: between Graph's answer and the note that it was accepted. There a
 * code is taken for one whose outcome is unknown, as after any other loss of the answer.
 */

const emulator = await startEmulator();
let stack: Stack;
let engine: string;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
    engine = (await theEngine()).command;
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

/** What is known of a code when the next `up` comes. */
type Known = "not sent" | "sent" | "accepted";

interface Interruption {
    readonly name: string;
    /** What holds the acquisitions up, so that the moment can be met. */
    readonly fault: (path: string) => Fault;
    /** Whether the moment has come. */
    readonly isThere: (parts: readonly Part[]) => boolean;
    readonly interrupt: (run: Run, parts: readonly Part[]) => Promise<void>;
    readonly code: Known;
}

interface Part {
    readonly name: string;
    readonly operation: Operation;
    readonly kind: Kind;
    readonly principal: SeededObject;
}

/** A `pulumi up` under way. */
interface Run {
    readonly engine: ChildProcess & { readonly pid: number };
    /** Everything that it started. */
    readonly started: readonly Process[];
    readonly exited: Promise<number | null>;
    output(): string;
}

const kill = {
    engine: async ({ engine: { pid } }: Run) => void process.kill(pid, "SIGKILL"),
    provider: async ({ started }: Run) => void process.kill(providerOf(started).pid, "SIGKILL"),
};

const providerOf = (started: readonly Process[]): Process => {
    const provider = started.find(({ commandLine }) => /^\S*node .*dynamic-provider/.test(commandLine));
    if (provider === undefined) {
        throw new Error(`no provider among ${started.map(({ commandLine }) => commandLine).join("\n")}`);
    }
    return provider;
};

const postOf = (id: string) => `/servicePrincipals/${id}/synchronization/acquireAccessToken`;
const postsOf = (parts: readonly Part[]) =>
    emulator.requests.filter(({ path }) => parts.some(({ principal }) => path.endsWith(postOf(principal.id))));
const acceptedOf = (parts: readonly Part[]) => parts.filter(({ principal }) => of(accepted(), principal).length > 0);
let acceptedBefore = 0;
const accepted = () => emulator.store.acquisitions.slice(acceptedBefore);

const hanging = (when: "before" | "after") => ({
    fault: (path: string): Fault => ({ match: { method: "POST", path }, effect: { kind: "hang", when } }),
    isThere: (parts: readonly Part[]) =>
        postsOf(parts).filter(({ faulted }) => faulted === "hang").length === parts.length,
});
const delayed = (ms: number) => ({
    fault: (path: string): Fault => ({ match: { method: "POST", path }, effect: { kind: "delay", ms } }),
    // Each is counted when it comes, and noted when it is answered.
    isThere: (parts: readonly Part[]) => emulator.counts().graphRequests - graphRequestsBefore === parts.length,
});
let graphRequestsBefore = 0;
let requestsBefore = 0;

const signingIn = {
    fault: (): Fault => ({
        match: { method: "POST", path: "/oauth2/v2.0/token" },
        times: Number.POSITIVE_INFINITY,
        effect: { kind: "hang", when: "before" },
    }),
    isThere: () =>
        emulator.requests
            .slice(requestsBefore)
            .some(({ path, faulted }) => path.endsWith("/token") && faulted === "hang"),
};

const interruptions: readonly Interruption[] = [
    ...(["engine", "provider"] as const).flatMap((victim): Interruption[] => [
        { name: `the ${victim} is killed while signing in`, ...signingIn, interrupt: kill[victim], code: "not sent" },
        {
            name: `the ${victim} is killed with the POST on its way, not processed`,
            ...hanging("before"),
            interrupt: kill[victim],
            code: "sent",
        },
        {
            name: `the ${victim} is killed after Graph processed the POST, before the answer`,
            ...hanging("after"),
            interrupt: kill[victim],
            code: "sent",
        },
    ]),
    {
        name: "the engine is killed after the answer, before it has written state",
        ...delayed(3000),
        // Stopped, it leaves what the provider answers unread.
        async interrupt({ engine: { pid } }, parts) {
            process.kill(pid, "SIGSTOP");
            const notedBefore = notes().filter((note) => note.accepted).length;
            const codes = parts.filter(({ kind }) => kind === "oneTimeCode").length;
            await until("the answers", () => acceptedOf(parts).length === parts.length);
            await until("the notes", () => notes().filter((note) => note.accepted).length === notedBefore + codes);
            await sleep(500);
            process.kill(pid, "SIGKILL");
        },
        code: "accepted",
    },
    {
        name: "Ctrl-C twice",
        ...delayed(3000),
        async interrupt({ engine: { pid }, started }, parts) {
            // As a terminal does it: to all of the foreground's process group.
            process.kill(-pid, "SIGINT");
            await sleep(500);
            expect(isRunning(providerOf(started)), "the provider knows nothing of the first").toBe(true);
            process.kill(-pid, "SIGINT");
            await until("what Graph makes of it", () => acceptedOf(parts).length === parts.length);
        },
        code: "sent",
    },
];

const allParts = new Map<string, readonly Part[]>(
    [...interruptions.map(({ name }) => name), "Ctrl-C once"].map((name, index) => [
        name,
        operations.flatMap((operation) =>
            kinds.map((kind) => ({
                name: `${operation}-${kind}-${index}`,
                operation,
                kind,
                principal: emulator.createServicePrincipal("Acme"),
            })),
        ),
    ]),
);
const partsOf = (name: string) => allParts.get(name) ?? [];

/** Declares these parts with these credentials, and of the interruptions still to come what they will update. */
function declare(name: string, turnOf: (part: Part) => string | undefined): void {
    const names = [...allParts.keys()];
    const later = names.slice(names.indexOf(name) + 1).flatMap(partsOf);
    const prepared = later.flatMap((part) => (part.operation === "update" ? [{ part, turn: "first" }] : []));
    const now = partsOf(name).flatMap((part) => {
        const turn = turnOf(part);
        return turn === undefined ? [] : [{ part, turn }];
    });
    stack.declare(
        [...now, ...prepared]
            .map(({ part: { name: resource, kind, principal }, turn }) => {
                const credentials = credentialsOf(kind, principal.id, turn);
                const args = JSON.stringify({ servicePrincipalId: principal.id, credentials });
                return `new SynchronizationTokenAcquisition("${resource}", ${args});`;
            })
            .join("\n"),
    );
}

async function startUp(): Promise<Run> {
    const child = spawn(engine, ["up", "--yes", "--skip-preview", "--parallel", "16", "--continue-on-error"], {
        cwd: stack.folder,
        env: stack.environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const { pid } = child;
    if (pid === undefined) {
        throw new Error("the engine did not start");
    }
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        output += text;
    });
    const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { engine: Object.assign(child, { pid }), started: [], exited, output: () => output };
}

/** Runs an `up` until the moment, interrupts it, and sees to it that nothing of it is left. */
async function interrupted({ name, fault, isThere, interrupt }: Omit<Interruption, "code">): Promise<Run> {
    const parts = partsOf(name);
    acceptedBefore = emulator.store.acquisitions.length;
    graphRequestsBefore = emulator.counts().graphRequests;
    requestsBefore = emulator.requests.length;
    for (const { principal } of parts) {
        emulator.faults.add(fault(postOf(principal.id)));
    }
    const run = await startUp();
    let started: readonly Process[] = [];
    try {
        await until(`${name}: the moment`, () => isThere(parts) || run.engine.exitCode !== null);
        expect(run.engine.exitCode, "it did not end by itself").toBe(null);
        started = descendantsOf(run.engine.pid);
        await interrupt({ ...run, started }, parts);
        await run.exited;
    } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : error}\n${run.output()}`);
    } finally {
        const left = [...started, ...descendantsOf(run.engine.pid)];
        run.engine.kill("SIGKILL");
        endLeftovers(left);
        await until("the end of what was left", () => !left.some(isRunning));
        emulator.faults.clear();
    }
    return { ...run, started };
}

/** The notes of this machine, which in the tests is the stack's own home. */
function notes(): readonly { readonly sentAt: string; readonly accepted: boolean }[] {
    const folder = join(stack.environment.PULUMI_HOME ?? "", "entrasync", "sent-codes");
    return existsSync(folder)
        ? readdirSync(folder)
              .filter((file) => file.endsWith(".json"))
              .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")))
        : [];
}

/** What the user reads about one target at the end of an `up`. */
function messageOf({ output }: Result, { principal }: Part): string {
    const tried = new RegExp(
        `^\\s*(?:error: |\\* )(.*${principal.id}.*|credentials\\.Oauth2AuthorizationCode.*)$`,
        "m",
    );
    return tried.exec(output.slice(output.indexOf("\nDiagnostics:\n")))?.[1] ?? "";
}

const outputsOf = (resource: StateResource | undefined) =>
    resource?.outputs as Readonly<Record<string, unknown>> | undefined;

function isAcquired(resource: StateResource | undefined, before: StateResource | undefined, since: string): void {
    const outputs = outputsOf(resource);
    expect(String(outputs?.acquiredAt) > since).toBe(true);
    expect(outputs).not.toHaveProperty("outcomeUnknownSince");
    expect(outputs?.credentialHashes).not.toEqual(outputsOf(before)?.credentialHashes);
}

beforeAll(async () => {
    const names = [...allParts.keys()];
    const updates = names.flatMap(partsOf).filter(({ operation }) => operation === "update");
    stack.declare(
        updates
            .map(({ name, kind, principal }) => {
                const credentials = credentialsOf(kind, principal.id, "first");
                const args = JSON.stringify({ servicePrincipalId: principal.id, credentials });
                return `new SynchronizationTokenAcquisition("${name}", ${args});`;
            })
            .join("\n"),
    );
    await stack.up();
});

describe.each(interruptions)("$name", (interruption) => {
    const { name, code } = interruption;
    const parts = partsOf(name);
    let before: Readonly<Record<string, StateResource>>;
    let startedAt: string;
    let endedAt: string;
    let noted: readonly string[];

    test("leaves state as it was", async () => {
        before = await stack.resources("--show-secrets");
        declare(name, () => "second");
        const notedBefore = notes().map(({ sentAt }) => sentAt);
        startedAt = new Date().toISOString();
        await interrupted(interruption);
        endedAt = new Date().toISOString();
        noted = notes()
            .map(({ sentAt }) => sentAt)
            .filter((sentAt) => !notedBefore.includes(sentAt));
        expect(noted).toHaveLength(code === "not sent" ? 0 : operations.length);
        // A killed engine leaves its lock behind; of `pulumi cancel` it is said that this is what takes it away.
        await stack.does(["cancel", "--yes"]);
        const after = await stack.resources("--show-secrets");
        for (const part of parts) {
            expect(outputsOf(after[part.name]), part.name).toEqual(outputsOf(before[part.name]));
        }
    });

    test("the next up acquires with plain credentials once, and sends no code that was sent", async () => {
        const seen = watch(emulator);
        const result = await stack.tryUp("--continue-on-error", "--parallel", "16");
        expect(result.code === 0, result.output).toBe(code === "not sent");
        const { posts } = seen();
        const state = await stack.resources("--show-secrets");
        for (const part of parts) {
            const sent = posts.filter(({ path }) => path.endsWith(postOf(part.principal.id)));
            const message = messageOf(result, part);
            if (part.kind === "plain" || code === "not sent") {
                expect(
                    sent.map(({ status }) => status),
                    part.name,
                ).toEqual([204]);
                isAcquired(state[part.name], before[part.name], endedAt);
                continue;
            }
            expect(sent, part.name).toEqual([]);
            if (code === "accepted") {
                expect(message).toMatch(/works once|was spent by an acquisition that was sent from this machine/);
                expect(message).toMatch(/\(INVALID_INPUT\)$/);
                expect(outputsOf(state[part.name])).toEqual(outputsOf(before[part.name]));
                continue;
            }
            const at = /handed this Oauth2AuthorizationCode over \(([^)]+)\)/.exec(message)?.[1] ?? "";
            expect(noted, message).toContain(at);
            expect(at > startedAt && at < endedAt).toBe(true);
            expect(message).toMatch(
                /may or may not have acquired the token.*nothing was sent now.*\(OUTCOME_UNKNOWN\)$/i,
            );
            expect(outputsOf(state[part.name])).toMatchObject({
                acquiredAt: outputsOf(before[part.name])?.acquiredAt ?? "",
                outcomeUnknownSince: at,
            });
        }
    });

    test("a new code then works, and nothing is left to do", async () => {
        const since = new Date().toISOString();
        const renewed = parts.filter(({ kind }) => kind === "oneTimeCode" && code !== "not sent");
        declare(name, (part) => (renewed.includes(part) ? "third" : "second"));
        const seen = watch(emulator);
        await stack.up("--parallel", "16");
        expect(seen().posts.map(({ status }) => status)).toEqual(renewed.map(() => 204));
        const state = await stack.resources("--show-secrets");
        for (const part of renewed) {
            isAcquired(state[part.name], before[part.name], since);
        }
    });
});

test("after one Ctrl-C the engine waits, state holds what was acquired, and the next up sends nothing", async () => {
    const name = "Ctrl-C once";
    const parts = partsOf(name);
    const before = await stack.resources("--show-secrets");
    declare(name, () => "second");
    const startedAt = new Date().toISOString();
    const { output, exited } = await interrupted({
        name,
        ...delayed(2500),
        async interrupt({ engine: { pid } }) {
            process.kill(-pid, "SIGINT");
        },
    });
    expect(await exited).not.toBe(0);
    expect(output()).toMatch(/update cancell?ed/);
    const state = await stack.resources("--show-secrets");
    for (const part of parts) {
        expect(postsOf([part]).filter(({ at }) => at > startedAt)).toHaveLength(1);
        isAcquired(state[part.name], before[part.name], startedAt);
    }
    const seen = watch(emulator);
    await stack.up();
    expect(seen().requests).toEqual([]);
});
