import { validateHeaderName, validateHeaderValue } from "node:http";
import { isJsonObject, type JsonValue } from "./messages.js";

/**
 * What goes wrong.
 *
 * - `respond`: this answer, and Graph never sees the request.
 * - `processThenRespond`: Graph does its work, and this is answered in its place.
 * - `reset`: the connection is torn down `before` or `after` Graph did its work.
 * - `hang`: no answer, ever; the connection stays open until the client, `reset()` or `close()` ends it.
 * - `delay`: the request waits, then takes its normal course.
 * - `throttle`: 429 in Graph's shape, with `Retry-After` if given (seconds or an HTTP date), without the header if not.
 * - `truncate`: Graph does its work, and the answer breaks off in the middle.
 *
 * A `body` that is a string is sent as it is, anything else as JSON.
 */
export type FaultEffect =
    | RespondEffect
    | { readonly kind: "reset"; readonly when: "before" | "after" }
    | { readonly kind: "hang"; readonly when: "before" | "after" }
    | { readonly kind: "delay"; readonly ms: number }
    | { readonly kind: "throttle"; readonly retryAfter?: string }
    | { readonly kind: "truncate" };

export interface RespondEffect {
    readonly kind: "respond" | "processThenRespond";
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: JsonValue;
}

/** A fault and the requests that meet it. */
export interface Fault {
    /**
     * Which requests. `path` is part of the percent-decoded path, or the source of a regular expression over it.
     * Without a `path` a fault is for every request to Graph and for no other; Entra and the metadata endpoint are met
     * by naming their path. The control API meets no fault.
     */
    readonly match?: { readonly method?: string; readonly path?: string };
    /** How many requests meet it. Default: 1. `Infinity` in process. */
    readonly times?: number;
    /** How many matching requests pass first. Default: 0. */
    readonly skip?: number;
    /**
     * How likely a matching request meets it: above 0, at most 1. Default: 1. One that is spared is not counted in
     * `times`, and a later fault may take it.
     */
    readonly probability?: number;
    readonly effect: FaultEffect;
}

/** The faults that were asked for and have not been used up. */
export class FaultList {
    #waiting: WaitingFault[] = [];
    readonly #random: () => number;

    /** `random` as `Math.random`: from 0, below 1. */
    constructor(random: () => number = Math.random) {
        this.#random = random;
    }

    /**
     * Of several faults that match a request, the first added takes it; each counts it against its own `skip`. So
     * faults added one after the other are met one after the other.
     *
     * @throws TypeError where it is no fault, with everything that is wrong with it.
     */
    add(fault: Fault): void {
        const parsed = parseFault(fault);
        if (parsed.kind === "problems") {
            throw new TypeError(`Not a fault: ${parsed.problems.join("; ")}`);
        }
        const pattern = fault.match?.path;
        this.#waiting.push({
            fault,
            pattern: pattern === undefined ? undefined : new RegExp(pattern),
            skip: fault.skip ?? 0,
            times: fault.times ?? 1,
        });
    }

    clear(): void {
        this.#waiting = [];
    }

    /** What is still to come: `times` and `skip` as they stand now. */
    list(): readonly Fault[] {
        return this.#waiting.map(({ fault, skip, times }) => ({ ...fault, skip, times }));
    }

    take(method: string, path: string, isGraph: boolean): FaultEffect | undefined {
        let taken: WaitingFault | undefined;
        for (const waiting of this.#waiting) {
            if (!matches(waiting, method, path, isGraph)) {
                continue;
            }
            if (waiting.skip > 0) {
                waiting.skip -= 1;
            } else if (taken === undefined && this.#random() < (waiting.fault.probability ?? 1)) {
                taken = waiting;
            }
        }
        if (taken === undefined) {
            return undefined;
        }
        taken.times -= 1;
        if (taken.times === 0) {
            this.#waiting = this.#waiting.filter((waiting) => waiting !== taken);
        }
        return taken.fault.effect;
    }
}

interface WaitingFault {
    readonly fault: Fault;
    readonly pattern: RegExp | undefined;
    skip: number;
    times: number;
}

function matches({ fault, pattern }: WaitingFault, method: string, path: string, isGraph: boolean): boolean {
    if (fault.match?.method !== undefined && fault.match.method.toUpperCase() !== method) {
        return false;
    }
    if (pattern === undefined) {
        return isGraph;
    }
    return path.includes(fault.match?.path ?? "") || pattern.test(path);
}

/** Either the fault, or everything that keeps `value` from being one. */
export function parseFault(
    value: unknown,
):
    | { readonly kind: "fault"; readonly fault: Fault }
    | { readonly kind: "problems"; readonly problems: readonly string[] } {
    const problems = faultProblems(value);
    return problems.length === 0 ? { kind: "fault", fault: value as Fault } : { kind: "problems", problems };
}

function faultProblems(value: unknown): readonly string[] {
    if (!isJsonObject(value)) {
        return ["a fault is an object with an effect"];
    }
    const problems = unknownMembers(value, "", ["match", "times", "skip", "probability", "effect"]);
    if (value.match !== undefined) {
        problems.push(...matchProblems(value.match));
    }
    if (value.times !== undefined && value.times !== Number.POSITIVE_INFINITY && !isCount(value.times, 1)) {
        problems.push("times must be a whole number from 1");
    }
    if (value.skip !== undefined && !isCount(value.skip, 0)) {
        problems.push("skip must be a whole number from 0");
    }
    if (value.probability !== undefined && !isProbability(value.probability)) {
        problems.push("probability must be a number above 0, at most 1");
    }
    problems.push(...effectProblems(value.effect));
    return problems;
}

function matchProblems(match: unknown): string[] {
    if (!isJsonObject(match)) {
        return ["match must be an object"];
    }
    const problems = unknownMembers(match, "match.", ["method", "path"]);
    if (match.method !== undefined && typeof match.method !== "string") {
        problems.push("match.method must be a string");
    }
    if (match.path !== undefined) {
        if (typeof match.path !== "string") {
            problems.push("match.path must be a string");
        } else if (!isRegularExpression(match.path)) {
            problems.push("match.path is no regular expression (escape what should be taken literally)");
        }
    }
    return problems;
}

function effectProblems(effect: unknown): string[] {
    if (!isJsonObject(effect)) {
        return ["effect must be an object with a kind"];
    }
    switch (effect.kind) {
        case "respond":
        case "processThenRespond":
            return [
                ...unknownMembers(effect, "effect.", ["kind", "status", "headers", "body"]),
                ...(isCount(effect.status, 200) && effect.status <= 599 ? [] : ["effect.status must be 200 to 599"]),
                ...(effect.headers === undefined ? [] : headerProblems(effect.headers)),
            ];
        case "reset":
        case "hang":
            return [
                ...unknownMembers(effect, "effect.", ["kind", "when"]),
                ...(effect.when === "before" || effect.when === "after"
                    ? []
                    : ['effect.when must be "before" or "after"']),
            ];
        case "delay":
            return [
                ...unknownMembers(effect, "effect.", ["kind", "ms"]),
                ...(isCount(effect.ms, 0) ? [] : ["effect.ms must be a whole number of milliseconds"]),
            ];
        case "throttle":
            return [
                ...unknownMembers(effect, "effect.", ["kind", "retryAfter"]),
                ...(effect.retryAfter === undefined ? [] : headerProblems({ "retry-after": effect.retryAfter })),
            ];
        case "truncate":
            return unknownMembers(effect, "effect.", ["kind"]);
        default:
            return ["effect.kind must be respond, processThenRespond, reset, hang, delay, throttle or truncate"];
    }
}

function headerProblems(headers: unknown): string[] {
    if (!isJsonObject(headers)) {
        return ["effect.headers must be an object"];
    }
    return Object.entries(headers).flatMap(([name, value]) => {
        try {
            validateHeaderName(name);
            if (typeof value === "string") {
                validateHeaderValue(name, value);
                return [];
            }
        } catch {
            // Node's own message quotes the value.
        }
        return [`effect: '${name}' is no header with a string for a value`];
    });
}

function unknownMembers(value: object, prefix: string, known: readonly string[]): string[] {
    return Object.keys(value).flatMap((name) => (known.includes(name) ? [] : [`${prefix}${name} is unknown`]));
}

function isCount(value: unknown, least: number): value is number {
    return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

function isProbability(value: unknown): value is number {
    return typeof value === "number" && value > 0 && value <= 1;
}

function isRegularExpression(source: string): boolean {
    try {
        new RegExp(source);
        return true;
    } catch {
        return false;
    }
}
