import { closeSync, fchmodSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Emulator, EmulatorStartError, type RequestLogEntry, startEmulator } from "./index.js";

const help = `Usage: pulumi-entrasync emulator [options]

Starts a local Microsoft Entra and Microsoft Graph for @pulumi/azuread and pulumi-entrasync, and logs one line a
request: credentials' keys, never a value. Ctrl-C ends it. Nothing is kept.

  --port N          listen on this port of 127.0.0.1 (default: any free one)
  --write-env PATH  also write the environment to this file, readable by you alone: . PATH
  --json            print JSON, one object a line: first {"event":"ready"}, then {"event":"request"} for each
  --help            print this

Beside them is a SaaS application to provision: its addresses, and the client that may ask for tokens, are printed too.

Over HTTP: GET, POST and DELETE /_emulator/faults; GET /_emulator/requests, /_emulator/acquisitions, /_emulator/counts,
/_emulator/provisioning; GET and PUT /_emulator/visibility; POST /_emulator/reset, /_emulator/applications,
/_emulator/servicePrincipals, /_emulator/provisioning/clear, /_emulator/provisioning/expire, /_emulator/saas/revoke.
`;

/**
 * `pulumi-entrasync emulator`: runs until SIGINT or SIGTERM.
 *
 * @param args what follows the command's name.
 * @returns the exit code: 0 after a signal or `--help`, 1 where it couldn't start, 2 for arguments that make no sense.
 */
export async function runEmulatorCommand(args: string[]): Promise<number> {
    const parsed = parse(args);
    switch (parsed.kind) {
        case "help":
            process.stdout.write(help);
            return 0;
        case "mistake":
            process.stderr.write(`pulumi-entrasync emulator: ${parsed.message}\nTry --help.\n`);
            return 2;
        case "run":
            return run(parsed);
    }
}

interface Settings {
    readonly kind: "run";
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

function parse(
    args: string[],
): Settings | { readonly kind: "help" } | { readonly kind: "mistake"; readonly message: string } {
    const options = {
        // Not in the help: there to be refused with the reason, because people will look for it.
        host: { type: "string" },
        port: { type: "string" },
        json: { type: "boolean" },
        // Not `--env-file`: Node takes that for its own, wherever in the arguments it stands, and ends with 9 if the
        // file isn't there yet.
        "write-env": { type: "string" },
        help: { type: "boolean", short: "h" },
    } as const;
    try {
        const { values } = parseArgs({ args, options, strict: true, allowPositionals: false });
        if (values.help === true) {
            return { kind: "help" };
        }
        if (values.port !== undefined && (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)) {
            return { kind: "mistake", message: "--port wants a whole number from 0 to 65535." };
        }
        if (values["write-env"] === "") {
            return { kind: "mistake", message: "--write-env wants a path." };
        }
        return {
            kind: "run",
            host: values.host,
            port: values.port === undefined ? undefined : Number(values.port),
            json: values.json ?? false,
            environmentFile: values["write-env"],
        };
    } catch (error) {
        return { kind: "mistake", message: error instanceof Error ? error.message : String(error) };
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
        entry.status === 0 ? "(no answer)" : String(entry.status),
        `${entry.durationMs}ms`,
        ...(entry.keys === undefined ? [] : [`[${entry.keys.join(", ")}]`]),
        ...(entry.faulted === undefined ? [] : [`(fault: ${entry.faulted})`]),
    ].join(" ");
}

function print(line: string): void {
    process.stdout.write(`${line}\n`);
}
