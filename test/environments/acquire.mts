/**
 * Acquires by the published hooks, as Pulumi's host calls them, in a process of its own: what it signs in with is its
 * environment. Takes an `Order` on its standard input; its last line of output is the `Outcome`. Both are JSON.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import type * as Runtime from "../../provider/runtime.ts";

export interface Order {
    readonly configuration: Readonly<Record<string, string>>;
    /** Object ids; one acquisition for each. */
    readonly servicePrincipalIds: readonly string[];
    readonly credentials: Readonly<Record<string, string>>;
    /** How many at once. Default: 1. */
    readonly parallel?: number;
    /** Milliseconds between one and the next. Default: 0. */
    readonly pauseMs?: number;
    /** Do no more than a run does in which nothing changes. */
    readonly onlyDiff?: boolean;
}

export interface Outcome {
    readonly acquired: number;
    /** The first that failed. */
    readonly error?: { readonly name: string; readonly code: string; readonly message: string };
    /** Packages of which a file was loaded. */
    readonly loaded: readonly string[];
}

type Config = Parameters<typeof Runtime.configure>[0]["config"];

/** Both kinds of modules are loaded by way of this; `require.cache` would know one kind only. */
const loaded = new Set<string>();
registerHooks({
    load(url, context, next) {
        const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
        if (name !== undefined) {
            loaded.add(name);
        }
        return next(url, context);
    },
});

const order = JSON.parse(readFileSync(0, "utf8")) as Order;
const runtime = (await import(new URL("../../dist/runtime.js", import.meta.url).href)) as typeof Runtime;

let acquired = 0;
let error: Outcome["error"];

async function acquire(servicePrincipalId: string): Promise<void> {
    const { inputs, failures = [] } = await runtime.check({}, { servicePrincipalId, credentials: order.credentials });
    if (failures.length > 0) {
        const message = failures.map(({ reason }) => reason).join("; ");
        throw Object.assign(new Error(message), { code: "CHECK_FAILED" });
    }
    if (order.onlyDiff) {
        await runtime.diff(
            `/servicePrincipals/${servicePrincipalId}/synchronization/acquireAccessToken`,
            inputs,
            inputs,
        );
        return;
    }
    await runtime.create(inputs);
    acquired += 1;
}

const ids = [...order.servicePrincipalIds];
async function work(): Promise<void> {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
        try {
            await acquire(id);
        } catch (thrown) {
            const { name, message } = thrown as Error;
            error ??= { name, message, code: String(Reflect.get(thrown as Error, "code")) };
        }
        await new Promise((resolve) => setTimeout(resolve, order.pauseMs ?? 0));
    }
}

const config = { get: (key: string) => order.configuration[key] } as unknown as Config;
await runtime.configure({ config });
await Promise.all(Array.from({ length: order.parallel ?? 1 }, work));
const outcome: Outcome = { acquired, loaded: [...loaded], ...(error === undefined ? {} : { error }) };
process.stdout.write(`\n${JSON.stringify(outcome)}\n`);
