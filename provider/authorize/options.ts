import { parseArgs } from "node:util";
import { durationExamples, parseDurationMs } from "../core/duration.js";
import { addressProblem, listeningPlace } from "./addresses.js";
import { ownParameters } from "./request.js";

/** What the command line says. What it leaves out may stand in the stack's configuration. */
export interface Options {
    readonly stack: string | undefined;
    readonly clientId: string | undefined;
    readonly authorizationUri: string | undefined;
    readonly tokenExchangeUri: string | undefined;
    readonly scopes: readonly string[];
    readonly parameters: readonly (readonly [name: string, value: string])[];
    readonly redirectUri: string | undefined;
    readonly redirectPort: number | undefined;
    readonly pkce: boolean;
    readonly timeout: Duration;
    readonly codeLifetime: Duration | undefined;
    readonly browser: boolean;
    readonly up: boolean;
    readonly keys: Keys;
}

/** As it was written, for messages, and what it comes to. */
export interface Duration {
    readonly text: string;
    readonly ms: number;
}

/** Where the secrets are stored: keys of the stack's configuration, in the project's namespace unless they name one. */
export interface Keys {
    readonly code: string;
    readonly redirectUri: string;
    readonly verifier: string;
}

/** Reads the arguments; a text says what is wrong with them. */
export function parseOptions(args: string[]): Options | "help" | { readonly mistake: string } {
    try {
        const { values } = parseArgs({ args, options: known });
        return values.help ? "help" : readValues(values);
    } catch (error) {
        return { mistake: error instanceof Error ? error.message : String(error) };
    }
}

const known = {
    stack: { type: "string" },
    "client-id": { type: "string" },
    "authorization-uri": { type: "string" },
    "token-exchange-uri": { type: "string" },
    scope: { type: "string", multiple: true, default: [] as string[] },
    param: { type: "string", multiple: true, default: [] as string[] },
    "redirect-uri": { type: "string" },
    "redirect-port": { type: "string" },
    pkce: { type: "boolean", default: false },
    timeout: { type: "string", default: "5m" },
    "code-lifetime": { type: "string" },
    "no-browser": { type: "boolean", default: false },
    up: { type: "boolean", default: false },
    "code-key": { type: "string", default: "oauth2AuthorizationCode" },
    "redirect-uri-key": { type: "string", default: "oauth2RedirectUri" },
    "verifier-key": { type: "string", default: "oauth2CodeVerifier" },
    help: { type: "boolean", short: "h", default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof known }>>["values"];

function readValues(values: Values): Options {
    const empty = Object.entries(values).find(([, value]) => [value].flat().includes(""));
    if (empty !== undefined) {
        throw new Error(`--${empty[0]} wants a value.`);
    }
    for (const name of ["authorization-uri", "token-exchange-uri", "redirect-uri"] as const) {
        const problem = values[name] === undefined ? undefined : addressProblem(values[name]);
        if (problem !== undefined) {
            throw new Error(`--${name} ${problem}.`);
        }
    }
    const redirectUri = values["redirect-uri"];
    const redirectPort = readPort(values["redirect-port"]);
    if (redirectUri !== undefined && redirectPort !== undefined && listeningPlace(redirectUri) !== undefined) {
        throw new Error("--redirect-uri has its port already: leave out --redirect-port.");
    }
    return {
        stack: values.stack,
        clientId: values["client-id"],
        authorizationUri: values["authorization-uri"],
        tokenExchangeUri: values["token-exchange-uri"],
        scopes: values.scope,
        parameters: values.param.map(readParameter),
        redirectUri,
        redirectPort,
        pkce: values.pkce,
        timeout: readDuration("timeout", values.timeout),
        codeLifetime:
            values["code-lifetime"] === undefined ? undefined : readDuration("code-lifetime", values["code-lifetime"]),
        browser: !values["no-browser"],
        up: values.up,
        keys: readKeys(values),
    };
}

function readPort(text: string | undefined): number | undefined {
    if (text === undefined) {
        return undefined;
    }
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (!(port >= 1 && port <= 65_535)) {
        throw new Error("--redirect-port wants a whole number from 1 to 65535.");
    }
    return port;
}

/** As long as Node.js's timers go; and nobody waits for a person that long. */
const longestMs = 24 * 60 * 60 * 1000;

function readDuration(option: string, text: string): Duration {
    const ms = parseDurationMs(text);
    if (ms === undefined || ms > longestMs) {
        throw new Error(`--${option} wants ${durationExamples}, a day at most.`);
    }
    return { text, ms };
}

function readParameter(text: string): readonly [string, string] {
    const equals = text.indexOf("=");
    const name = text.slice(0, equals);
    if (equals < 1) {
        throw new Error("--param wants NAME=VALUE.");
    }
    if (ownParameters.includes(name)) {
        throw new Error(`--param ${name}: this command sets it itself.`);
    }
    if (name === "response_mode") {
        throw new Error("--param response_mode: the code is taken from the redirect address's query.");
    }
    if (name === "client_secret") {
        throw new Error("--param client_secret: a secret has no place in an address, nor among arguments.");
    }
    return [name, text.slice(equals + 1)];
}

function readKeys(values: Values): Keys {
    const names = ["code-key", "redirect-uri-key", "verifier-key"] as const;
    for (const name of names) {
        if (!/^[A-Za-z0-9_][\w.-]*(?::[A-Za-z0-9_][\w./-]*)?$/.test(values[name])) {
            throw new Error(`--${name} wants a key of the configuration: name or namespace:name.`);
        }
    }
    if (new Set(names.map((name) => values[name])).size < names.length) {
        throw new Error(`${names.map((name) => `--${name}`).join(", ")} must differ.`);
    }
    return { code: values["code-key"], redirectUri: values["redirect-uri-key"], verifier: values["verifier-key"] };
}
