import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";

/** A folder for a process's home, its files and its tools. */
export interface Home {
    readonly path: string;
    /** Node.js and the tools that were put here, and nothing of the machine's own but the shell. */
    readonly searchPath: string;
    file(content: string | Buffer): string;
    /** Puts a tool on the path: a script of Node.js's. */
    tool(name: string, script: string): void;
    remove(): void;
}

/** A home with nothing in it. */
export function createHome(): Home {
    const path = mkdtempSync(join(tmpdir(), "entrasync-home-"));
    const tools = join(path, "bin");
    mkdirSync(tools);
    let count = 0;
    return {
        path,
        searchPath: [tools, dirname(process.execPath)].join(delimiter),
        file(content) {
            count += 1;
            const name = join(path, `file${count}`);
            writeFileSync(name, content);
            return name;
        },
        tool(name, script) {
            writeFileSync(join(tools, name), `#!${process.execPath}\n${script}\n`);
            chmodSync(join(tools, name), 0o755);
        },
        remove: () => rmSync(path, { recursive: true, force: true }),
    };
}

/** What signs a process in with the emulator's client secret, and leaves every other way open. */
export function signInBySecret(
    emulator: Pick<Emulator, "caCertificatePath" | "host" | "tenantId" | "clientId" | "clientSecret">,
): Record<string, string> {
    return {
        NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
        ARM_METADATA_HOSTNAME: emulator.host,
        ARM_TENANT_ID: emulator.tenantId,
        ARM_CLIENT_ID: emulator.clientId,
        ARM_CLIENT_SECRET: emulator.clientSecret,
    };
}

/** An Azure CLI that is signed in, and answers nothing but the question for a token of this Graph. */
export function azScript(token: string, graph: string): string {
    const answer = { accessToken: token, expires_on: Math.floor(Date.now() / 1000) + 3600, tokenType: "Bearer" };
    return `
const asked = process.argv.slice(2).join(" ");
if (!asked.startsWith("account get-access-token --output json --resource ${graph}")) {
    process.stderr.write("az: unexpected: " + asked);
    process.exit(2);
}
process.stdout.write(${JSON.stringify(JSON.stringify(answer))});`;
}

/** The Pulumi CLI's answer to the question for a stack's configuration, secrets included. */
export function pulumiScript(configuration: Readonly<Record<string, string>>): string {
    const values = Object.entries(configuration).map(([key, value]) => [
        key,
        { value, secret: /secret|token/i.test(key) },
    ]);
    return `
const asked = process.argv.slice(2).join(" ");
if (!asked.startsWith("config --json --show-secrets --non-interactive")) {
    process.stderr.write("pulumi: unexpected: " + asked);
    process.exit(2);
}
process.stdout.write(${JSON.stringify(JSON.stringify(Object.fromEntries(values)))});`;
}
