import { closeSync, fchmodSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { coloured, type Meaning } from "../commandLine/colour.js";
import { defineCommand } from "../commandLine/command.js";
import { Mistake } from "../commandLine/mistake.js";
import { type Emulator, EmulatorStartError, type RequestLogEntry, startEmulator } from "./index.js";

/** `pulumi-entrasync emulator`: runs until SIGINT or SIGTERM. */
export const emulatorCommand = defineCommand({
    name: "emulator",
    summary: "starts a local Microsoft Entra and Microsoft Graph to try programs against",
    description: [
        "Starts a local Microsoft Entra and Microsoft Graph for `@pulumi/azuread` and `pulumi-entrasync`, and logs one line " +
            "a request: credentials' keys, never a value. Ctrl-C ends it. Nothing is kept.",
        "Beside them is a SaaS application to provision: its addresses, and the client that may ask for tokens, are printed " +
            "too.",
    ],
    options: {
        // There to be refused with the reason, because people will look for it.
        host: { type: "string", isHidden: true, value: "HOST", meaning: "127.0.0.1, and no other" },
        port: {
            type: "string",
            value: "N",
            meaning: "listen on this port of 127.0.0.1 (default: any free one)",
        },
        // Not `--env-file`: Node takes that for its own, wherever in the arguments it stands, and ends with 9 if the
        // file isn't there yet.
        "write-env": {
            type: "string",
            value: "PATH",
            offers: "files",
            meaning: "also write the environment to this file, readable by you alone: `. PATH`",
        },
        json: {
            type: "boolean",
            default: false,
            meaning: 'print JSON, one object a line: first `{"event":"ready"}`, then `{"event":"request"}` for each',
        },
    },
    lists: [
        {
            heading: "Controls, over HTTP",
            rows: [
                ["/_emulator/faults", "GET, POST, DELETE"],
                ["/_emulator/visibility", "GET, PUT"],
                ["/_emulator/requests", "GET"],
                ["/_emulator/acquisitions", "GET"],
                ["/_emulator/counts", "GET"],
                ["/_emulator/provisioning", "GET"],
                ["/_emulator/provisioning/clear", "POST"],
                ["/_emulator/provisioning/expire", "POST"],
                ["/_emulator/saas/revoke", "POST"],
                ["/_emulator/applications", "POST"],
                ["/_emulator/servicePrincipals", "POST"],
                ["/_emulator/reset", "POST"],
            ],
        },
    ],
    exitCodes: [
        ["0", "it was ended by Ctrl-C or SIGTERM, or nobody reads its output any more"],
        ["1", "it could not start"],
    ],
    settings: ({ host, port, json, "write-env": environmentFile }): Settings => {
        if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)) {
            throw new Mistake("--port wants a whole number from 0 to 65535.");
        }
        if (environmentFile === "") {
            throw new Mistake("--write-env wants a path.");
        }
        return { host, port: port === undefined ? undefined : Number(port), json, environmentFile };
    },
    run,
});

interface Settings {
    readonly host: string | undefined;
    readonly port: number | undefined;
    readonly json: boolean;
    readonly environmentFile: string | undefined;
}

async function run(settings: Settings): Promise<number> {
    let emulator: Emulator | undefined;
    try {
        emulator = await startEmulator({
            ...(settings.host === undefined ? {} : { host: settings.host }),
            ...(settings.port === undefined ? {} : { port: settings.port }),
            onRequest: (entry) =>
                print(settings.json ? JSON.stringify({ event: "request", ...entry }) : logLine(entry)),
        });
        // Before anything is printed: whoever waits for the first line may send a signal at once.
        const stopped = untilStopped();
        if (settings.environmentFile !== undefined) {
            writePrivateFile(settings.environmentFile, exportLines(emulator.environment));
        }
        print(settings.json ? JSON.stringify(readyEvent(emulator)) : readyText(emulator));
        await stopped;
        return 0;
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const hint = error instanceof EmulatorStartError && error.code === "PortInUse" ? " (--port)" : "";
        process.stderr.write(`pulumi-entrasync emulator: ${message}${hint}\n`);
        return 1;
    } finally {
        await emulator?.close();
    }
}

/** The first signal ends the emulator in order; a second one finds Node's own handler and ends the process. */
function untilStopped(): Promise<void> {
    return new Promise((resolve) => {
        const stop = () => {
            process.off("SIGINT", stop);
            process.off("SIGTERM", stop);
            resolve();
        };
        process.once("SIGINT", stop);
        process.once("SIGTERM", stop);
        // `pulumi-entrasync emulator | head`: nobody reads on.
        process.stdout.once("error", stop);
    });
}

/**
 * The client secrets are printed on purpose: they were made for this start, open nothing but this emulator, and are of
 * no use unless they are known.
 */
function readyText(emulator: Emulator): string {
    const { application, servicePrincipal } = seeded(emulator);
    const { saas } = emulator;
    return [
        exportLines(emulator.environment).trimEnd(),
        "",
        `# A local Microsoft Entra and Microsoft Graph at ${emulator.url}. To begin with:`,
        `# applicationId       /applications/${application.id}`,
        `# servicePrincipalId  /servicePrincipals/${servicePrincipal.id}`,
        `# clientId            ${application.appId}`,
        "# A SaaS application to provision, by client credentials or by a code (open its authorization address):",
        `# BaseAddress             ${saas.baseAddress}`,
        `# Oauth2AuthorizationUri  ${saas.authorizationUri}`,
        `# Oauth2TokenExchangeUri  ${saas.tokenExchangeUri}`,
        `# Oauth2ClientId          ${saas.clientId}`,
        `# Oauth2ClientSecret      ${saas.clientSecret}`,
        "# Export in a shell of its own: SSL_CERT_FILE takes the place of the system's authorities.",
        "# Ctrl-C ends the emulator. Requests:",
    ].join("\n");
}

function readyEvent(emulator: Emulator): object {
    const { url, environment, saas } = emulator;
    return { event: "ready", url, environment, saas, ...seeded(emulator) };
}

function seeded(emulator: Emulator) {
    const application = emulator.createApplication("Emulated application");
    const servicePrincipal = emulator.createServicePrincipal(application.appId);
    return { application, servicePrincipal };
}

function exportLines(environment: Readonly<Record<string, string>>): string {
    return Object.entries(environment)
        .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`)
        .join("");
}

function shellQuoted(value: string): string {
    return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** An existing file is made private before the secret is in it. */
function writePrivateFile(path: string, text: string): void {
    const file = openSync(path, "a", 0o600);
    try {
        fchmodSync(file, 0o600);
        ftruncateSync(file);
        writeSync(file, text);
    } finally {
        closeSync(file);
    }
}

function logLine(entry: RequestLogEntry): string {
    return [
        entry.at.slice(11, 23),
        entry.method,
        entry.path,
        coloured(meaningOf(entry.status), entry.status === 0 ? "(no answer)" : String(entry.status), process.stdout),
        `${entry.durationMs}ms`,
        ...(entry.keys === undefined ? [] : [`[${entry.keys.join(", ")}]`]),
        ...(entry.faulted === undefined ? [] : [`(fault: ${entry.faulted})`]),
    ].join(" ");
}

function meaningOf(status: number): Meaning {
    return status === 0 || status >= 500 ? "bad" : status >= 400 ? "doubtful" : "good";
}

function print(line: string): void {
    process.stdout.write(`${line}\n`);
}
