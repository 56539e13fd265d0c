import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { theEngine } from "../test/support/stack.mts";
import { type Contender, operations, type Run, type Tenant } from "./contenders/contender.mts";
import { openTofu } from "./contenders/opentofu.mts";
import { components, dynamic, emptyHooks, naive, plugin } from "./contenders/pulumi.mts";
import { EmulatorChild } from "./emulator.mts";
import { measureFleet } from "./fleet/settings.mts";
import { postsByHand } from "./floors/posts.mts";
import { measureLoads } from "./load.mts";
import type { ByHand, Measured, Measurement } from "./measured.mts";
import { ensureOpenTofu, findOpenTofu } from "./peers/opentofu/programs.mts";
import { drawPng, drawSvg } from "./plot.mts";
import { reach } from "./reach.mts";
import { writeReport } from "./report.mts";
import { measureThrottled, type Throttled } from "./throttled.mts";

/* `npm run bench`: see README.md beside this file. */

const { values: options } = parseArgs({
    options: {
        quick: { type: "boolean", default: false },
        sizes: { type: "string" },
        rounds: { type: "string", default: "3" },
        operations: { type: "string" },
        out: { type: "string", default: join(import.meta.dirname, "report") },
    },
});
const isQuick = options.quick;
const latencyMs = 50;
const sizes = (options.sizes ?? (isQuick ? "50" : "1,50,200,1000")).split(",").map(Number);
/** The largest is there for the growth. */
const roundsOf = (size: number) => (isQuick || size > 500 ? 1 : Number(options.rounds));
const quickOperations = "up,noOp,rotated";
/** Always in their order: none can come before the first `up`. */
const asked = (options.operations ?? (isQuick ? quickOperations : operations.join(","))).split(",");
const operationsRun = operations.filter((operation) => asked.includes(operation));
/** The engine's `--parallel` by default; ours sends 16 at most. */
const sideBySide = Math.min(16, 4 * availableParallelism());

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const startedAt = new Date().toISOString();
const loadBefore = loadavg()[0] ?? 0;
const engine = await theEngine();

const leftOut = [
    "`local.Command` with curl: its plugin, `pulumi-resource-command`, is not to be had from a package registry. It would " +
        "start a shell and a curl for each POST, and its secrets would stand in the processes' arguments or environment.",
];
// A quick run builds nothing.
const tofu = isQuick ? findOpenTofu() : await ensureOpenTofu(say);
if (tofu === undefined) {
    leftOut.push("OpenTofu with the generic REST provider: not built here (it takes Go and a Go module proxy).");
}
const contenders: readonly Contender[] = [
    components,
    emptyHooks,
    naive,
    ...(tofu === undefined ? [] : [openTofu(tofu)]),
    dynamic,
    plugin,
];

const tenantsOf = (count: number) => async (emulator: EmulatorChild) => tenants(await emulator.principals(count));

function tenants(principals: readonly string[]): readonly Tenant[] {
    return principals.map((servicePrincipalId, index) => ({
        name: `tenant-${index}`,
        servicePrincipalId,
        baseAddress: "https://scim.acme.example/v2",
        secretToken: randomBytes(24).toString("base64url"),
    }));
}

const measurements: Measurement[] = [];
const writtenOnce: Measurement[] = [];
const stateBytes: Record<string, readonly number[]> = {};
const byHand: ByHand[] = [];
let inputBytes = 0;

/**
 * Of a thousand, the floor and ours alone: state in a file is written anew at each step, so everybody's time grows with the
 * square of N there, and the others would take most of an hour.
 */
const contendersOf = (count: number) =>
    count > 500 ? contenders.filter((one) => [components, dynamic, plugin].includes(one)) : contenders;

/** All contenders side by side in time: first all first ups, then all second ones, so that what the machine does hits all. */
async function measureRound(
    emulator: EmulatorChild,
    all: readonly Tenant[],
    count: number,
    round: number,
): Promise<void> {
    const given = all.slice(0, count);
    await using open = new AsyncDisposableStack();
    const projects = [];
    for (const contender of contendersOf(count)) {
        projects.push({ contender, project: open.use(await contender.open(given, emulator.address)) });
    }
    for (const operation of operationsRun) {
        for (let place = 0; place < projects.length; place += 1) {
            // Each round another one begins.
            const current = projects[(place + round) % projects.length];
            if (current === undefined) {
                continue;
            }
            const { contender, project } = current;
            if (operation === "rotated") {
                project.rotate(randomBytes(24).toString("base64url"));
            }
            let run: Run = { wallMs: 0, provider: undefined };
            const { posts, ...asked } = await emulator.watch(async () => {
                run = await project.run(operation);
            });
            measurements.push({
                contender: contender.name,
                count,
                round,
                operation,
                run,
                asked: { ...asked, posts: posts.length },
            });
            if (operation === "up") {
                stateBytes[contender.name] = await project.stateBytes();
            }
            say(
                `N = ${count}, round ${round + 1}: ${contender.name}, ${operation}: ${(run.wallMs / 1000).toFixed(1)} s`,
            );
        }
    }
    for (const atOnce of [1, sideBySide]) {
        byHand.push({ count, sideBySide: atOnce, ms: await postsByHand(given, emulator.address, atOnce) });
    }
}

/**
 * The first `up` again, with Pulumi told to write state once, at the end, as OpenTofu does of its own accord: what grows
 * with the square of N is left out, and what the resources themselves cost is to be seen.
 */
async function measureWrittenOnce(emulator: EmulatorChild, given: readonly Tenant[], round: number): Promise<void> {
    const environment = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    const compared = contendersOf(given.length).filter(({ name }) => name !== emptyHooks.name && name !== naive.name);
    for (let place = 0; place < compared.length; place += 1) {
        const contender = compared[(place + round) % compared.length];
        if (contender === undefined) {
            continue;
        }
        await using project = await contender.open(given, emulator.address);
        let run: Run = { wallMs: 0, provider: undefined };
        const { posts, ...asked } = await emulator.watch(async () => {
            run = await project.run("up", environment);
        });
        writtenOnce.push({
            contender: contender.name,
            count: given.length,
            round,
            operation: "up",
            run,
            asked: { ...asked, posts: posts.length },
        });
        say(`N = ${given.length}, state written once: ${contender.name}: ${(run.wallMs / 1000).toFixed(1)} s`);
    }
}

{
    await using emulator = await EmulatorChild.start(latencyMs);
    const all = await tenantsOf(Math.max(...sizes))(emulator);
    const [first] = all;
    if (first !== undefined) {
        const { servicePrincipalId, baseAddress, secretToken } = first;
        const credentials = { BaseAddress: baseAddress, SecretToken: secretToken };
        inputBytes = Buffer.byteLength(JSON.stringify({ servicePrincipalId, credentials }));
    }
    for (const size of sizes) {
        for (let round = 0; round < roundsOf(size); round += 1) {
            await measureRound(emulator, all, size, round);
            if (!isQuick && size >= 50) {
                await measureWrittenOnce(emulator, all.slice(0, size), round);
            }
        }
    }
}

say("loading");
const loads = await measureLoads(isQuick ? 3 : 15);
const throttled: Throttled[] = [];
const [perSecond, throttledCount] = isQuick ? [20, 80] : [20, 200];
for (const contender of isQuick ? [plugin] : [naive, dynamic, plugin]) {
    throttled.push(await measureThrottled(contender, tenantsOf(throttledCount), { perSecond, latencyMs }));
    say(`throttled: ${contender.name}`);
}
say("a fleet, simulated");
const fleet = await measureFleet(isQuick);

const measured: Measured = {
    startedAt,
    machine: {
        processors: availableParallelism(),
        node: process.version.slice(1),
        pulumi: engine.version,
        load: [loadBefore, loadavg()[0] ?? 0],
    },
    latencyMs,
    isQuick,
    sideBySide,
    inputBytes,
    measurements,
    writtenOnce,
    stateBytes,
    byHand,
    loads,
    throttled,
    fleet,
    leftOut,
};

const report = writeReport(measured);
const svg = drawSvg(measured);
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, "report.md"), report);
writeFileSync(
    join(options.out, "report.json"),
    `${JSON.stringify({ reach: reach(measured), ...measured }, null, 1)}\n`,
);
writeFileSync(join(options.out, "report.svg"), svg);
writeFileSync(join(options.out, "report.png"), drawPng(svg));
process.stdout.write(report);
say(`written: ${options.out}/report.{md,json,svg,png}`);

const broken = reach(measured).filter(({ isCount, holds }) => isCount && holds === false);
if (broken.length > 0) {
    process.stdout.write(`\nCounts that do not hold: ${broken.map(({ figure }) => figure).join("; ")}\n`);
    process.exitCode = 1;
}
