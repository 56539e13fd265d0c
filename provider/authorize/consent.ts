import { constants } from "node:os";
import { type Answer, readAnswer } from "./answer.js";
import { openBrowser } from "./browser.js";
import type { Loopback } from "./loopback.js";
import type { Duration } from "./options.js";
import { type PastedLines, readPasted } from "./pasted.js";
import { type AuthorizationRequest, authorizationAddress, randomText } from "./request.js";

/** How asking a person ended. */
export type Outcome =
    | Answer
    | { readonly kind: "late" }
    /** Ctrl-C, or an end that was asked for; the exit code that a shell expects then. */
    | { readonly kind: "interrupted"; readonly exitCode: number };

export interface Asking {
    readonly request: AuthorizationRequest;
    readonly loopback: Loopback;
    /** Whether the redirect address leads to the loopback by itself, from a browser on this machine. */
    readonly comesBack: boolean;
    readonly browser: boolean;
    readonly timeout: Duration;
    readonly say: (text: string) => void;
}

/** Sends a person to the application's consent page, and waits for what comes back. */
export async function askForConsent(asking: Asking): Promise<Outcome> {
    const { request, loopback, comesBack, browser, timeout, say } = asking;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    // Before anything is printed: whoever waits for it may send a signal at once.
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    const stop = (signal: NodeJS.Signals) => resolve(interruption(signal));
    for (const signal of signals) {
        process.once(signal, stop);
    }
    const judge = (query: URLSearchParams) => readAnswer(query, request);
    const address = authorizationAddress(request);
    // No name that a scan of the ports finds, so that the one use is the person's own.
    const startPath = `/start/${randomText()}`;
    const { host, pathname } = new URL(request.redirectUri);
    const hosts = [new URL(loopback.origin).host, host];
    void loopback.serve({ startPath, consentAddress: address, callbackPath: pathname, hosts, judge }).then(resolve);

    let pasted: PastedLines | undefined;
    let isOver = false;
    const takePasted = () => {
        say(comesBack ? elsewhereHint : registeredHint(request.redirectUri));
        pasted = readPasted(process.stdin, {
            onLine: (line) => {
                const query = queryOf(line, request.redirectUri);
                if (query === undefined) {
                    say(`That is not an address that begins with ${request.redirectUri}: paste the whole of it.`);
                } else {
                    resolve(judge(query));
                }
            },
            onInterrupt: () => resolve(interruption("SIGINT")),
        });
    };
    const offerAddress = () => {
        say(`Open this address in a browser:\n\n${address}\n`);
        if (pasted === undefined) {
            takePasted();
        }
    };
    if (browser) {
        say("The application's consent page opens in your browser. If it does not: Ctrl-C, and --no-browser.");
        void openBrowser(loopback.origin + startPath).then((why) => {
            if (!isOver) {
                say(`No browser could be opened (${why}).`);
                offerAddress();
            }
        });
        if (!comesBack) {
            takePasted();
        }
    } else {
        offerAddress();
    }
    say(`This waits ${timeout.text} for the answer; Ctrl-C ends it.`);

    const timer = setTimeout(() => resolve({ kind: "late" }), timeout.ms);
    try {
        return await promise;
    } finally {
        isOver = true;
        clearTimeout(timer);
        pasted?.stop();
        for (const signal of signals) {
            process.off(signal, stop);
        }
    }
}

const elsewhereHint =
    "A browser on this machine comes back here by itself. One on another machine ends at a page that it can't reach:\n" +
    "paste that page's whole address here and press Enter. What is pasted is not shown.";

function registeredHint(redirectUri: string): string {
    return (
        `The application answers at ${redirectUri}. Unless that leads here, paste the whole address\n` +
        "at which the browser ends, and press Enter. What is pasted is not shown."
    );
}

function interruption(signal: NodeJS.Signals): Outcome {
    return { kind: "interrupted", exitCode: 128 + constants.signals[signal] };
}

/** What follows the redirect address in what was pasted; `undefined`: it is another address, or none. */
function queryOf(line: string, redirectUri: string): URLSearchParams | undefined {
    const expected = new URL(redirectUri);
    const pasted = URL.canParse(line) ? new URL(line) : undefined;
    return pasted?.origin === expected.origin && pasted.pathname === expected.pathname
        ? pasted.searchParams
        : undefined;
}
