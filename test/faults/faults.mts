import type { FaultEffect } from "pulumi-entrasync/emulator";
import type { RowName } from "../../provider/core/resend.ts";

/** What an operation does to the resource. */
export type Operation = "create" | "update";

/** One way for an acquisition to go wrong, or to look as if it did. */
export interface Fault {
    readonly name: string;
    readonly play: Play;
    /** How many attempts meet it, one after the other; the next one takes its normal course. */
    readonly lasts: number;
    /** The row of the resend table that explains each of those attempts; two where an update is another matter. */
    readonly row: RowName | Readonly<Record<Operation, RowName>>;
    /** Whether Graph has acquired the token all the same. Default: no. */
    readonly processed?: true;
    /** Whether it names a wait for which the operation has no time. Default: no. */
    readonly outlasts?: true;
    /** Whether the operation has so little time that one attempt takes all of it. Default: no. */
    readonly exhausts?: true;
    /** Whether the client gives it less time than the default, so that the end of the time falls into a long wait. */
    readonly brief?: true;
    /** What the user reads of the attempt itself. */
    readonly says: RegExp;
    /** The status that was answered, where it says more than the row does about the error. */
    readonly status?: number;
    /** Played through the real engine as well. */
    readonly engine?: true;
}

export type Play =
    /** The emulator's Graph does it; of a moment, where it names one. */
    | { readonly by: "graph"; readonly effect: FaultEffect | ((now: Date) => FaultEffect) }
    /** What stands before Graph does it: see `fronts.mts`. */
    | { readonly by: "front"; readonly front: "closedPort" | "unknownHost" | "resetInHandshake" | "bodyAfter204" }
    /** The token shows no permission that the action takes. */
    | { readonly by: "token"; readonly roles: readonly string[] };

const forGood = Number.POSITIVE_INFINITY;

const byGraph = (effect: FaultEffect | ((now: Date) => FaultEffect)): Play => ({ by: "graph", effect });
const answers = (status: number, code: string, message: string): Play =>
    byGraph({ kind: "respond", status, body: { error: { code, message } } });

/** An answer that is not Graph's: it bears neither a code of Graph's nor its request id. */
const page = (status: number, kind: "respond" | "processThenRespond" = "respond"): Play =>
    byGraph({
        kind,
        status,
        headers: { "content-type": "text/html", "request-id": "" },
        body: "<html><body><h1>The way is closed</h1></body></html>",
    });
const malformed = (status: number): Play =>
    byGraph({ kind: "respond", status, headers: { "content-type": "application/json" }, body: '{"error":{"code":"Ba' });
const redirect = (status: number): Play =>
    byGraph({ kind: "respond", status, headers: { location: `/v1.0/servicePrincipals/${elsewhere}` } });

/** Where a redirect leads: nobody may ever ask for it. */
export const elsewhere = "elsewhere";

const challenge = byGraph({
    kind: "respond",
    status: 401,
    headers: {
        "www-authenticate":
            'Bearer realm="", error="insufficient_claims", ' +
            `claims="${Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString("base64")}"`,
    },
    body: {
        error: { code: "InvalidAuthenticationToken", message: "Continuous access evaluation resulted in claims." },
    },
});

const ofNewTarget = { create: "replicating", update: "refused" } as const;

export const faults: readonly Fault[] = [
    // Throttled.
    {
        name: "429, Retry-After in seconds",
        play: byGraph({ kind: "throttle", retryAfter: "2" }),
        lasts: 1,
        row: "throttled",
        says: /answered 429/,
        engine: true,
    },
    {
        name: "429, Retry-After as a date",
        play: byGraph((now) => ({
            kind: "throttle",
            retryAfter: new Date(now.getTime() + 20_000).toUTCString(),
        })),
        lasts: 1,
        row: "throttled",
        says: /answered 429/,
    },
    {
        name: "429 without Retry-After, twice",
        play: byGraph({ kind: "throttle" }),
        lasts: 2,
        row: "throttled",
        says: /answered 429/,
    },
    {
        name: "429 without Retry-After, for good",
        play: byGraph({ kind: "throttle" }),
        lasts: forGood,
        brief: true,
        row: "throttled",
        says: /answered 429/,
    },
    {
        name: "429, Retry-After beyond the deadline",
        play: byGraph({ kind: "throttle", retryAfter: "3600" }),
        lasts: forGood,
        row: "throttled",
        outlasts: true,
        says: /answered 429/,
    },

    // A gateway, or what looks like one.
    {
        name: "408",
        play: answers(408, "RequestTimeout", "Too slow."),
        lasts: 1,
        row: "gateway",
        says: /answered 408 RequestTimeout: Too slow\./,
    },
    {
        name: "500",
        play: answers(500, "InternalServerError", "Something broke."),
        lasts: 1,
        row: "gateway",
        says: /answered 500 InternalServerError: Something broke\./,
    },
    {
        name: "500, processed, and broken JSON",
        play: byGraph({ kind: "processThenRespond", status: 500, body: '{"error":{"code":"Ba' }),
        lasts: 1,
        row: "gateway",
        processed: true,
        says: /answered 500: an answer that is not Graph's JSON/,
    },
    {
        name: "502, a page of HTML",
        play: page(502),
        lasts: 1,
        row: "gateway",
        says: /answered 502: an answer that is not Graph's JSON, "The way is closed"/,
    },
    {
        name: "502, a page of HTML, processed, for good",
        play: page(502, "processThenRespond"),
        lasts: forGood,
        row: "gateway",
        processed: true,
        says: /answered 502: an answer that is not Graph's JSON/,
    },
    {
        name: "503",
        play: answers(503, "ServiceUnavailable", "Try later."),
        lasts: 1,
        row: "gateway",
        says: /answered 503 ServiceUnavailable: Try later\./,
    },
    {
        name: "503, for good",
        play: answers(503, "ServiceUnavailable", "Try later."),
        lasts: forGood,
        row: "gateway",
        says: /answered 503 ServiceUnavailable: Try later\./,
        engine: true,
    },
    {
        name: "503, Retry-After in seconds",
        play: byGraph({ kind: "respond", status: 503, headers: { "retry-after": "5" } }),
        lasts: 1,
        row: "gateway",
        says: /answered 503/,
    },
    {
        name: "503, Retry-After beyond the deadline",
        play: byGraph({ kind: "respond", status: 503, headers: { "retry-after": "3600" } }),
        lasts: forGood,
        row: "gateway",
        outlasts: true,
        says: /answered 503/,
    },
    {
        name: "504, processed",
        play: byGraph({ kind: "processThenRespond", status: 504 }),
        lasts: 1,
        row: "gateway",
        processed: true,
        says: /answered 504/,
    },
    {
        name: "200, a page of HTML",
        play: page(200),
        lasts: 1,
        row: "gateway",
        says: /answered 200: an answer that is not Graph's JSON, "The way is closed"/,
    },
    {
        name: "200, a page of HTML, for good",
        play: page(200),
        lasts: forGood,
        row: "gateway",
        says: /answered 200: an answer that is not Graph's JSON, "The way is closed"/,
    },

    // Accepted, in another way than documented.
    {
        name: "202 with Graph's request-id, processed",
        play: byGraph({ kind: "processThenRespond", status: 202 }),
        lasts: 1,
        row: "accepted",
        processed: true,
        says: /never/,
    },
    {
        name: "204 with a body",
        play: { by: "front", front: "bodyAfter204" },
        lasts: forGood,
        row: "accepted",
        processed: true,
        says: /never/,
    },

    // Lost on the way.
    {
        name: "reset before Graph processed it",
        play: byGraph({ kind: "reset", when: "before" }),
        lasts: 1,
        row: "lost",
        says: /ECONNRESET/,
        engine: true,
    },
    {
        name: "reset before, for good",
        play: byGraph({ kind: "reset", when: "before" }),
        lasts: forGood,
        row: "lost",
        says: /ECONNRESET/,
    },
    {
        name: "reset after Graph processed it",
        play: byGraph({ kind: "reset", when: "after" }),
        lasts: 1,
        row: "lost",
        processed: true,
        says: /ECONNRESET/,
        engine: true,
    },
    {
        name: "reset after, for good",
        play: byGraph({ kind: "reset", when: "after" }),
        lasts: forGood,
        row: "lost",
        processed: true,
        says: /ECONNRESET/,
        engine: true,
    },
    {
        name: "no answer, not processed",
        play: byGraph({ kind: "hang", when: "before" }),
        lasts: 1,
        row: "lost",
        says: /no answer within \d+(\.\d+)? s/,
    },
    {
        name: "no answer, processed",
        play: byGraph({ kind: "hang", when: "after" }),
        lasts: 1,
        row: "lost",
        processed: true,
        says: /no answer within \d+(\.\d+)? s/,
    },
    {
        name: "no answer, processed, for good",
        play: byGraph({ kind: "hang", when: "after" }),
        lasts: forGood,
        row: "lost",
        processed: true,
        says: /no answer within \d+(\.\d+)? s/,
    },
    {
        name: "no answer in all the time there is, processed",
        play: byGraph({ kind: "hang", when: "after" }),
        lasts: 1,
        row: "lost",
        processed: true,
        exhausts: true,
        says: /no answer within \d+(\.\d+)? s/,
        engine: true,
    },
    {
        name: "an answer cut off",
        play: byGraph({ kind: "truncate" }),
        lasts: 1,
        row: "lost",
        processed: true,
        says: /[A-Z]{3}/,
        engine: true,
    },

    // Never connected.
    {
        name: "connection refused",
        play: { by: "front", front: "closedPort" },
        lasts: forGood,
        row: "notConnected",
        says: /could not be reached \(ECONNREFUSED, 4 attempts\)/,
    },
    {
        name: "no such host",
        play: { by: "front", front: "unknownHost" },
        lasts: forGood,
        row: "notConnected",
        says: /could not be reached \(ENOTFOUND, 4 attempts\)/,
    },
    {
        name: "reset during the TLS handshake",
        play: { by: "front", front: "resetInHandshake" },
        lasts: 1,
        row: "notConnected",
        says: /ECONNRESET/,
    },
    {
        name: "reset during the TLS handshake, for good",
        play: { by: "front", front: "resetInHandshake" },
        lasts: forGood,
        row: "notConnected",
        says: /could not be reached \(ECONNRESET, 4 attempts\)/,
    },

    // The token.
    { name: "claims challenge", play: challenge, lasts: 1, row: "challenged", says: /never/ },
    {
        name: "claims challenge, and another right after",
        play: challenge,
        lasts: 2,
        row: "challenged",
        says: /does not take the token, not even a new one/,
    },
    {
        name: "401 UnknownError to a token without the permission",
        play: { by: "token", roles: ["Directory.Read.All"] },
        lasts: forGood,
        row: "refused",
        status: 401,
        says: /answered 401 UnknownError.*the token has neither of the application permissions/,
    },

    // The target is too new, or so it seems.
    ...(
        [
            [401, "UnknownError", ""],
            [403, "Authorization_RequestDenied", "Insufficient privileges."],
            [404, "Request_ResourceNotFound", "Resource does not exist."],
            [409, "Conflict", "Another operation is running."],
        ] as const
    ).flatMap(([status, code, words]): Fault[] => {
        const fault = {
            play: answers(status, code, words),
            row: ofNewTarget,
            status,
            says: new RegExp(`answered ${status} ${code}`),
            ...(status === 404 ? { engine: true as const } : {}),
        };
        return [
            { ...fault, name: `${status} ${code}, passes after two`, lasts: 2 },
            { ...fault, name: `${status} ${code}, for good`, lasts: forGood },
        ];
    }),
    {
        name: "404 of Graph's with broken JSON, passes after two",
        play: malformed(404),
        lasts: 2,
        row: ofNewTarget,
        status: 404,
        says: /answered 404/,
    },

    // No.
    {
        name: "400",
        play: answers(400, "RequestParameterInvalid", "The address is not one."),
        lasts: 1,
        row: "refused",
        status: 400,
        says: /answered 400 RequestParameterInvalid: The address is not one\..*Correct what Graph names/,
        engine: true,
    },
    {
        name: "400, broken JSON",
        play: malformed(400),
        lasts: 1,
        row: "refused",
        status: 400,
        says: /answered 400: an answer that is not Graph's JSON/,
    },
    {
        name: "401 of another code",
        play: answers(401, "InvalidAuthenticationToken", "Access token is empty."),
        lasts: 1,
        row: "refused",
        status: 401,
        says: /answered 401 InvalidAuthenticationToken: Access token is empty\./,
    },
    {
        name: "404, a proxy's page",
        play: page(404),
        lasts: 1,
        row: "refused",
        status: 404,
        says: /answered 404: an answer that is not Graph's JSON, "The way is closed"/,
    },
    ...[301, 307].map(
        (status): Fault => ({
            name: `${status} to another path`,
            play: redirect(status),
            lasts: 1,
            row: "refused",
            status,
            says: new RegExp(`answered ${status}.*A redirect is not followed`),
        }),
    ),
];
