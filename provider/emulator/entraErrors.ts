import { randomUUID } from "node:crypto";
import { type Answer, jsonAnswer } from "./messages.js";
import type { RouteCall } from "./routing.js";

/**
 * A refusal in Entra's words.
 *
 * The number is AADSTS's: Entra documents it with its meaning. Words, status and `error` beside it are from memory of
 * Entra's answers, unless a comment says where they were seen.
 */
export interface EntraRefusal {
    readonly status: 400 | 401;
    readonly error: string;
    readonly number: number;
    readonly words: string;
}

export function parameterMissing(name: string): EntraRefusal {
    return {
        status: 400,
        error: "invalid_request",
        number: 900144,
        words: `The request body must contain the following parameter: '${name}'.`,
    };
}

/**
 * Entra quotes what it was sent, whatever that is. A client that mixes up its settings would then read its secret in an
 * error: only ids and URLs here.
 */
export function quotable(text: string): string {
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
    const isUrl = /^https:\/\/[\w.-]+(:\d+)?\/?$/.test(text);
    return isId || isUrl ? text : "(neither an id nor a URL)";
}

export function entraError(call: RouteCall, refusal: EntraRefusal): Answer {
    const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
    const traceId = call.requestId;
    const correlationId = call.request.headers["client-request-id"] ?? randomUUID();
    const body = {
        error: refusal.error,
        error_description:
            `AADSTS${refusal.number}: ${refusal.words} ` +
            `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
        error_codes: [refusal.number],
        timestamp,
        trace_id: traceId,
        correlation_id: correlationId,
        error_uri: `${call.site.origin}/error?code=${refusal.number}`,
    };
    return jsonAnswer(refusal.status, body, {
        "cache-control": "no-store, no-cache",
        "x-ms-request-id": traceId,
        ...(refusal.status === 401 ? { "www-authenticate": `Bearer realm="", error="${refusal.error}"` } : {}),
    });
}
