import { Mistake } from "../commandLine/mistake.js";
import type { Options as Known, Values as ValuesOf } from "../commandLine/options.js";
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

/** What stands on the command line, and what people are told of it. */
export const authorizeOptions = {
    stack: {
        type: "string",
        value: "S",
        meaning: "the stack that keeps the code, and may say the rest (default: the selected one)",
    },
    "client-id": {
        type: "string",
        value: "ID",
        meaning: "who asks: this client of the application (else `oauth2ClientId` of the configuration)",
    },
    "authorization-uri": {
        type: "string",
        value: "URI",
        meaning: "the application's consent page (else `oauth2AuthorizationUri`)",
    },
    scope: {
        type: "string",
        multiple: true,
        default: [] as string[],
        value: "SCOPE",
        meaning: "what for; again for more (else `oauth2Scopes`: with spaces between, or a list)",
    },
    "token-exchange-uri": {
        type: "string",
        value: "URI",
        meaning: "where the code will be redeemed: only shown (else `oauth2TokenExchangeUri`)",
    },
    param: {
        type: "string",
        multiple: true,
        default: [] as string[],
        value: "NAME=VALUE",
        meaning: "what the application wants beside OAuth's own; again for more; no secret",
    },
    "redirect-port": {
        type: "string",
        value: "N",
        meaning: "a registered port: `http://127.0.0.1:N/callback` (default: any free one)",
    },
    "redirect-uri": {
        type: "string",
        value: "URI",
        meaning:
            "a registered redirect address: one on this machine's loopback is listened on; any other has to lead to " +
            "`http://127.0.0.1:N` with `--redirect-port N`, or its whole address is pasted",
    },
    "no-browser": {
        type: "boolean",
        default: false,
        meaning: "print the address instead of opening it, for a person on another machine",
    },
    timeout: { type: "string", default: "5m", value: "T", meaning: "wait so long for the person (default: 5m)" },
    "code-lifetime": {
        type: "string",
        value: "T",
        meaning:
            "how long the application's codes live, for the message (default: as the application says; mostly 10 minutes " +
            "or less)",
    },
    up: {
        type: "boolean",
        default: false,
        meaning: "run `pulumi up --yes` at once; its exit code is this command's",
    },
    "code-key": {
        type: "string",
        default: "oauth2AuthorizationCode",
        value: "KEY",
        meaning: "store the code so (default: `oauth2AuthorizationCode`)",
    },
    "redirect-uri-key": {
        type: "string",
        default: "oauth2RedirectUri",
        value: "KEY",
        meaning: "store the redirect address so (default: `oauth2RedirectUri`)",
    },
    pkce: {
        type: "boolean",
        default: false,
        meaning:
            "send a challenge (RFC 7636, S256) and store its verifier. Off by default: Microsoft's provisioning service " +
            "redeems the code, and Graph has no key by which it could be given a verifier, so an application that keeps " +
            "to RFC 7636 then refuses the code. For a code that is redeemed elsewhere",
    },
    "verifier-key": {
        type: "string",
        default: "oauth2CodeVerifier",
        value: "KEY",
        meaning: "store the verifier so (default: `oauth2CodeVerifier`)",
    },
} as const satisfies Known;

type Values = ValuesOf<typeof authorizeOptions>;

/**
 * What the values come to.
 *
 * @throws Mistake
 */
export function readOptions(values: Values): Options {
    const empty = Object.entries(values).find(([, value]) => [value].flat().includes(""));
    if (empty !== undefined) {
        throw new Mistake(`--${empty[0]} wants a value.`);
    }
    for (const name of ["authorization-uri", "token-exchange-uri", "redirect-uri"] as const) {
        const problem = values[name] === undefined ? undefined : addressProblem(values[name]);
        if (problem !== undefined) {
            throw new Mistake(`--${name} ${problem}.`);
        }
    }
    const redirectUri = values["redirect-uri"];
    const redirectPort = readPort(values["redirect-port"]);
    if (redirectUri !== undefined && redirectPort !== undefined && listeningPlace(redirectUri) !== undefined) {
        throw new Mistake("--redirect-uri has its port already: leave out --redirect-port.");
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
        throw new Mistake("--redirect-port wants a whole number from 1 to 65535.");
    }
    return port;
}

/** As long as Node.js's timers go; and nobody waits for a person that long. */
const longestMs = 24 * 60 * 60 * 1000;

function readDuration(option: string, text: string): Duration {
    const ms = parseDurationMs(text);
    if (ms === undefined || ms > longestMs) {
        throw new Mistake(`--${option} wants ${durationExamples}, a day at most.`);
    }
    return { text, ms };
}

function readParameter(text: string): readonly [string, string] {
    const equals = text.indexOf("=");
    const name = text.slice(0, equals);
    if (equals < 1) {
        throw new Mistake("--param wants NAME=VALUE.");
    }
    if (ownParameters.includes(name)) {
        throw new Mistake(`--param ${name}: this command sets it itself.`);
    }
    if (name === "response_mode") {
        throw new Mistake("--param response_mode: the code is taken from the redirect address's query.");
    }
    if (name === "client_secret") {
        throw new Mistake("--param client_secret: a secret has no place in an address, nor among arguments.");
    }
    return [name, text.slice(equals + 1)];
}

function readKeys(values: Values): Keys {
    const names = ["code-key", "redirect-uri-key", "verifier-key"] as const;
    for (const name of names) {
        if (!/^[A-Za-z0-9_][\w.-]*(?::[A-Za-z0-9_][\w./-]*)?$/.test(values[name])) {
            throw new Mistake(`--${name} wants a key of the configuration: name or namespace:name.`);
        }
    }
    if (new Set(names.map((name) => values[name])).size < names.length) {
        throw new Mistake(`${names.map((name) => `--${name}`).join(", ")} must differ.`);
    }
    return { code: values["code-key"], redirectUri: values["redirect-uri-key"], verifier: values["verifier-key"] };
}
