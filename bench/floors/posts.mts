import { join } from "node:path";
import type { Tenant } from "../contenders/contender.mts";
import type { Address } from "../emulator.mts";
import { measure } from "../processes.mts";

/** Milliseconds of hand-written POSTs, in a process of their own, from its first line on. */
export async function postsByHand(tenants: readonly Tenant[], emulator: Address, sideBySide: number): Promise<number> {
    const { url, tenantId, clientId, clientSecret } = emulator;
    const given = { url, tenantId, clientId, clientSecret, tenants, sideBySide };
    const env = { NODE_EXTRA_CA_CERTS: emulator.caCertificatePath };
    const file = process.execPath;
    const args = [join(import.meta.dirname, "posts.cjs")];
    // Not in the environment: a thousand tenants are more than a process may be started with.
    const input = JSON.stringify(given);
    const { stdout } = await measure({ file, args, cwd: import.meta.dirname, env, input }, undefined);
    return (JSON.parse(stdout) as { readonly ms: number }).ms;
}
