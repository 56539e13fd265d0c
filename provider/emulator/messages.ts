/** A request and its answer as plain values: all that the routes ever see of HTTP. The socket is elsewhere. */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
    readonly [name: string]: JsonValue;
}

/** One HTTP request, read to its end. */
export interface EmulatorRequest {
    readonly method: string;
    /** Path and query, as the client wrote them. */
    readonly target: string;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: string;
    /** The number of the TCP connection it came on; the first is 1. */
    readonly connection: number;
}

/** One HTTP answer. Header names are in lower case, so that a fault's headers can win over Graph's. */
export interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
}

/** What becomes of the answer on its way: a fault can lose it. */
export type Delivery =
    | { readonly kind: "send"; readonly answer: Answer }
    | { readonly kind: "truncate"; readonly answer: Answer }
    | { readonly kind: "reset" }
    | { readonly kind: "hang" };

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
    return {
        status,
        headers: { "content-type": "application/json; charset=utf-8", ...headers },
        body: JSON.stringify(body),
    };
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
    return { status, headers, body: "" };
}

export function isJsonObject(value: unknown): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
