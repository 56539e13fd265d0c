import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Site, Sites } from "./clouds.js";
import type { FaultEffect, FaultList, RespondEffect } from "./faults.js";
import { GraphRefusal, graphErrorAnswer, methodNotAllowed, routeNotFound, throttled } from "./graphErrors.js";
import { isGraphPath, splitAlternateKey } from "./graphRoutes.js";
import { type Answer, type Delivery, type EmulatorRequest, emptyAnswer, jsonAnswer } from "./messages.js";
import type { RequestLog, RequestLogEntry } from "./requestLog.js";
import { isControlPath } from "./routes/control.js";
import { createRouter, type Route, type RouteCall } from "./routing.js";
import type { Throttle } from "./throttle.js";

export interface AppOptions {
    readonly sites: Sites;
    readonly routes: readonly Route[];
    readonly controlRoutes: readonly Route[];
    readonly faults: FaultList;
    readonly log: RequestLog;
    /** Added to every answer of Graph. */
    readonly latencyMs: number;
    readonly tokenLatencyMs: number;
    /** What Graph lets through; `undefined`: all. */
    readonly throttle: Throttle | undefined;
    /** Ends whatever still waits. */
    readonly closing: AbortSignal;
}

/** A request in, what becomes of its answer out. */
export type EmulatorApp = (request: EmulatorRequest) => Promise<Delivery>;

export function createApp(options: AppOptions): EmulatorApp {
    const control = createRouter(options.controlRoutes);
    const emulated = createRouter(options.routes);

    return async (request) => {
        const at = new Date();
        const startedMs = performance.now();
        const [path = "/", search = ""] = splitOnce(request.target, "?");
        const call: RouteCall = {
            request,
            site: options.sites.find(request.headers.host),
            path,
            query: new URLSearchParams(search),
            parameters: {},
            requestId: randomUUID(),
            noteKeys: () => {},
        };
        if (isControlPath(path)) {
            return { kind: "send", answer: await answerControl(call) };
        }

        const isGraph = isGraphPath(path);
        const kind = requestKind(request.method, path, isGraph);
        options.log.arrived(kind, request.connection);
        const fault = options.faults.take(request.method, decodePath(path), isGraph);
        let keys: readonly string[] | undefined;
        const process = () =>
            answerEmulated({
                ...call,
                noteKeys: (noted) => {
                    keys = noted;
                },
            });

        const delivery = await deliver(call, fault, isGraph, process);
        const latencyMs = isGraph ? options.latencyMs : kind === "token" ? options.tokenLatencyMs : 0;
        if (latencyMs > 0) {
            await pause(latencyMs);
        }
        const entry: RequestLogEntry = {
            at: at.toISOString(),
            host: call.site.host,
            method: request.method,
            path,
            status: delivery.kind === "send" ? delivery.answer.status : 0,
            durationMs: Math.round(performance.now() - startedMs),
            ...(keys === undefined ? {} : { keys }),
            requestId: call.requestId,
            connection: request.connection,
            ...(fault === undefined ? {} : { faulted: fault.kind }),
        };
        options.log.add(entry);
        return delivery;
    };

    async function deliver(
        call: RouteCall,
        fault: FaultEffect | undefined,
        isGraph: boolean,
        process: () => Promise<Answer>,
    ): Promise<Delivery> {
        const dressed = (answer: Answer): Answer => (isGraph ? asGraph(answer, call) : answer);
        const send = (answer: Answer): Delivery => ({ kind: "send", answer: dressed(answer) });
        switch (fault?.kind) {
            case undefined: {
                const retryAfter = isGraph ? options.throttle?.take() : undefined;
                return retryAfter === undefined
                    ? send(await process())
                    : send(graphErrorAnswer(throttled(retryAfter), requestIds(call)));
            }
            case "delay":
                await pause(fault.ms);
                return send(await process());
            case "respond":
                return send(faultAnswer(fault));
            case "processThenRespond":
                await process();
                return send(faultAnswer(fault));
            case "throttle":
                return send(graphErrorAnswer(throttled(fault.retryAfter), requestIds(call)));
            case "truncate":
                return { kind: "truncate", answer: dressed(await process()) };
            case "reset":
            case "hang":
                if (fault.when === "after") {
                    await process();
                }
                return { kind: fault.kind };
        }
    }

    async function answerEmulated(call: RouteCall): Promise<Answer> {
        const match = plays(call.site, call.path)
            ? emulated(call.request.method, splitAlternateKey(call.path))
            : ({ kind: "unknown" } as const);
        try {
            switch (match.kind) {
                case "unknown":
                    throw routeNotFound(call.site.origin, call.path);
                case "wrongMethod":
                    throw methodNotAllowed(match.allow);
                case "found":
                    return await match.handle({ ...call, parameters: match.parameters });
            }
        } catch (error) {
            return graphErrorAnswer(error instanceof GraphRefusal ? error : ownFailure(error), requestIds(call));
        }
    }

    async function answerControl(call: RouteCall): Promise<Answer> {
        const match = control(call.request.method, call.path);
        switch (match.kind) {
            case "unknown": {
                const known = options.controlRoutes.map(({ method, pattern }) => `${method} ${pattern}`).join(", ");
                return jsonAnswer(404, { error: `Unknown. There are: ${known}` });
            }
            case "wrongMethod":
                return jsonAnswer(405, { error: `Try ${match.allow}` }, { allow: match.allow });
            case "found":
                return match.handle({ ...call, parameters: match.parameters });
        }
    }

    /** Never keeps the process alive, and ends early when the emulator closes. */
    async function pause(ms: number): Promise<void> {
        await sleep(ms, undefined, { signal: options.closing, ref: false }).catch(() => {});
    }
}

/** Microsoft's hosts are one thing each; the emulator's own is everything. */
function plays({ isAuthority, isGraph }: Site, path: string): boolean {
    return isGraphPath(path) ? isGraph : isAuthority;
}

/** The headers that were seen on Graph's answers. `Date` is Node's own doing. What a fault asks for wins. */
function asGraph(answer: Answer, call: RouteCall): Answer {
    const { requestId, clientRequestId } = requestIds(call);
    const diagnostic = {
        ServerInfo: { DataCenter: "Local", Slice: "E", Ring: "0", ScaleUnit: "000", RoleInstance: "EMULATOR" },
    };
    return {
        ...answer,
        headers: {
            "request-id": requestId,
            "client-request-id": clientRequestId,
            "x-ms-ags-diagnostic": JSON.stringify(diagnostic),
            "strict-transport-security": "max-age=31536000",
            ...answer.headers,
        },
    };
}

function faultAnswer({ status, headers, body }: RespondEffect): Answer {
    const lowerCase = Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    if (body === undefined) {
        return emptyAnswer(status, lowerCase);
    }
    return typeof body === "string" ? { status, headers: lowerCase, body } : jsonAnswer(status, body, lowerCase);
}

function requestIds(call: RouteCall): { readonly requestId: string; readonly clientRequestId: string } {
    return {
        requestId: call.requestId,
        clientRequestId: call.request.headers["client-request-id"] ?? call.requestId,
    };
}

/** A bug of the emulator. Says where, not what: the message of a stray error could hold what was being read. */
function ownFailure(error: unknown): GraphRefusal {
    const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line)) : [];
    const where = frames[0]?.trim() ?? "somewhere";
    const name = error instanceof Error ? error.name : typeof error;
    return new GraphRefusal(500, "EmulatorFailure", `The emulator itself failed: ${name} ${where}`);
}

function requestKind(method: string, path: string, isGraph: boolean): "token" | "graph" | "other" {
    if (isGraph) {
        return "graph";
    }
    return method === "POST" && path.endsWith("/oauth2/v2.0/token") ? "token" : "other";
}

function decodePath(path: string): string {
    try {
        return decodeURIComponent(path);
    } catch {
        return path;
    }
}

function splitOnce(text: string, separator: string): readonly string[] {
    const at = text.indexOf(separator);
    return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
