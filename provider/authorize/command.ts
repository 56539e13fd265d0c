import { defineCommand } from "../commandLine/command.js";
import { type ReportLine, reportText } from "../commandLine/report.js";
import { listeningPlace } from "./addresses.js";
import { type Application, findApplication } from "./application.js";
import { askForConsent, type Outcome } from "./consent.js";
import { type Loopback, openLoopback } from "./loopback.js";
import { authorizeOptions, type Options, readOptions } from "./options.js";
import { Problem } from "./problem.js";
import { type AuthorizationRequest, randomText } from "./request.js";
import { findStack, type Stack } from "./stack.js";

/** `pulumi-entrasync authorize`: a code in one command. */
export const authorizeCommand = defineCommand({
    name: "authorize",
    summary: "asks a person for an application's consent, and keeps the code as a secret of the stack",
    description: [
        "Asks a person for consent at the application's own page, receives the one-time code on a loopback address of " +
            "this machine, and stores code and redirect address as secrets of the stack's configuration, by way of the " +
            "Pulumi CLI. A state is always sent and checked.",
    ],
    options: authorizeOptions,
    exitCodes: [
        ["0", "the code is stored; with `--up`, `pulumi up` ended with 0, too"],
        ["1", "it is not, and the message says why"],
        ["130", "Ctrl-C; 143 after SIGTERM, 129 after SIGHUP"],
        ["other", "with `--up`, once the code is stored: that of `pulumi up`"],
    ],
    settings: readOptions,
    async run(options) {
        try {
            return await run(options);
        } catch (error) {
            if (!(error instanceof Problem)) {
                throw error;
            }
            return fail(error.message);
        }
    },
});

async function run(options: Options): Promise<number> {
    const stack = await findStack(options.stack, process.cwd());
    const application = await findApplication(options, stack);
    const place = options.redirectUri === undefined ? undefined : listeningPlace(options.redirectUri);
    const loopback = await openLoopback(place?.host ?? "127.0.0.1", place?.port ?? options.redirectPort ?? 0);
    try {
        const request = startRequest(options, application, loopback);
        say(describe(stack, request, options));
        const comesBack = options.redirectUri === undefined || place !== undefined;
        const { browser, timeout } = options;
        const outcome = await askForConsent({ request, loopback, comesBack, browser, timeout, say });
        if (outcome.kind !== "code") {
            return fail(`${wordsOf(outcome, options)}.\nNothing was stored.`, outcome);
        }
        const receivedAt = new Date();
        const { kept, isInterrupted } = await holdingSignals(() => store(stack, options, request, outcome.code));
        await loopback.close();
        say(describeCode(receivedAt, kept, options));
        if (isInterrupted) {
            return fail(options.up ? "interrupted: pulumi up was not run" : "interrupted", { exitCode: 130 });
        }
        if (options.up) {
            say(`pulumi up --yes --stack ${stack.name}`);
            return await stack.up();
        }
        say(describeNext(stack, application, options));
        return 0;
    } finally {
        await loopback.close();
    }
}

function startRequest(options: Options, application: Application, loopback: Loopback): AuthorizationRequest {
    return {
        ...application,
        redirectUri: options.redirectUri ?? `${loopback.origin}/callback`,
        parameters: options.parameters,
        state: randomText(),
        ...(options.pkce ? { verifier: randomText() } : {}),
    };
}

/** The code last: where one of them can't be stored, there is no code that lacks what belongs to it. */
async function store(
    stack: Stack,
    { keys }: Options,
    { redirectUri, verifier }: AuthorizationRequest,
    code: string,
): Promise<readonly string[]> {
    const secrets: (readonly [key: string, value: string])[] = [
        [keys.redirectUri, redirectUri],
        ...(verifier === undefined ? [] : [[keys.verifier, verifier] as const]),
        [keys.code, code],
    ];
    const kept: string[] = [];
    for (const [key, value] of secrets) {
        try {
            await stack.storeSecret(key, value);
        } catch (error) {
            if (error instanceof Problem) {
                const before = kept.length === 0 ? "" : ` (${kept.join(", ")} was stored, and does no harm)`;
                throw new Problem(
                    `a code was received and is lost: ${error.message}${before}.\nSet that right, and run the command again: it asks for a new code`,
                );
            }
            throw error;
        }
        kept.push(key);
    }
    return kept;
}

/** A code that has come is stored, whatever is pressed meanwhile. */
async function holdingSignals(
    work: () => Promise<readonly string[]>,
): Promise<{ readonly kept: readonly string[]; readonly isInterrupted: boolean }> {
    let isInterrupted = false;
    const hold = () => {
        isInterrupted = true;
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) {
        process.on(signal, hold);
    }
    try {
        return { kept: await work(), isInterrupted };
    } finally {
        for (const signal of signals) {
            process.off(signal, hold);
        }
    }
}

function wordsOf(outcome: Exclude<Outcome, { kind: "code" }>, { timeout }: Options): string {
    switch (outcome.kind) {
        case "refused":
        case "wrongState":
        case "unusable":
            return outcome.words;
        case "late":
            return `no answer came within ${timeout.text} (--timeout)`;
        case "interrupted":
            return "interrupted";
    }
}

function describe(stack: Stack, request: AuthorizationRequest, { pkce }: Options): string {
    const lines: ReportLine[] = [
        ["stack", stack.name],
        ["application", `${new URL(request.authorizationUri).origin}, as client ${request.clientId}`],
        ["scopes", request.scopes.join(" ") || "none asked for"],
        ["redirect", request.redirectUri],
        ...(pkce ? [["warning", pkceWarning, "doubtful"] as const] : []),
    ];
    return reportText(lines, process.stdout);
}

const pkceWarning =
    "with --pkce an application that keeps to RFC 7636 refuses the code when Microsoft's provisioning service redeems it, " +
    "because Graph has no key for a verifier";

function describeCode(receivedAt: Date, kept: readonly string[], { codeLifetime }: Options): string {
    const end = instant(new Date(receivedAt.getTime() + (codeLifetime?.ms ?? 10 * 60_000)));
    const until =
        codeLifetime === undefined
            ? `It lives as long as the application says: mostly 10 minutes or less (RFC 6749 recommends no more), so until\n${end} at best.`
            : `It is good until ${end} (--code-lifetime ${codeLifetime.text}).`;
    return `The code came at ${instant(receivedAt)}. ${until}\nStored as secrets: ${kept.join(", ")}.\n`;
}

/** An ISO 8601 instant, to the second. */
function instant(date: Date): string {
    return `${date.toISOString().slice(0, 19)}Z`;
}

function describeNext(stack: Stack, { clientId, tokenExchangeUri }: Application, { keys }: Options): string {
    const tokenAddress =
        tokenExchangeUri === undefined
            ? `"https://…", // the application's token address`
            : `${json(tokenExchangeUri)},`;
    return `Spend it at once: pulumi up --yes --stack ${stack.name}
The program hands it over so (and keeps it so: a code that was spent is not sent again):

    const config = new pulumi.Config();
    new SynchronizationTokenAcquisition("acme", {
        servicePrincipalId: principal.id,
        credentials: {
            Oauth2AuthorizationCode: ${requireSecret(keys.code)},
            Oauth2RedirectUri: ${requireSecret(keys.redirectUri)},
            Oauth2TokenExchangeUri: ${tokenAddress}
            Oauth2ClientId: ${json(clientId)},
            Oauth2ClientSecret: config.requireSecret("oauth2ClientSecret"),
        },
    });`;
}

function requireSecret(key: string): string {
    const [name = "", namespace] = key.split(":", 2).reverse();
    const config = namespace === undefined ? "config" : `new pulumi.Config(${json(namespace)})`;
    return `${config}.requireSecret(${json(name)})`;
}

function json(text: string): string {
    return JSON.stringify(text);
}

function say(text: string): void {
    process.stdout.write(`${text}\n`);
}

function fail(words: string, ending: { readonly exitCode?: number } | Outcome = {}): number {
    process.stderr.write(`pulumi-entrasync authorize: ${words}\n`);
    return "exitCode" in ending ? (ending.exitCode ?? 1) : 1;
}
