import type { Site } from "./clouds.js";
import type { Answer, EmulatorRequest } from "./messages.js";

/** What a handler is given besides the emulator's own parts. */
export interface RouteCall {
    readonly request: EmulatorRequest;
    /** The host that was asked. */
    readonly site: Site;
    readonly path: string;
    readonly query: URLSearchParams;
    /** The values of the pattern's `{names}`, percent-decoded. */
    readonly parameters: Readonly<Record<string, string>>;
    readonly requestId: string;
    /** Puts the keys of the credentials in the request's log entry. */
    readonly noteKeys: (keys: readonly string[]) => void;
}

export type Handler = (call: RouteCall) => Answer | Promise<Answer>;

/** `pattern` is a path whose `{name}` segments match anything, e.g. `/{version}/applications/{target}`. */
export interface Route {
    readonly method: string;
    readonly pattern: string;
    readonly handle: Handler;
}

export type RouteMatch =
    | { readonly kind: "found"; readonly handle: Handler; readonly parameters: Readonly<Record<string, string>> }
    | { readonly kind: "wrongMethod"; readonly allow: string }
    | { readonly kind: "unknown" };

/** Finds a route by the number of segments first, so that a request is held against a handful of patterns. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => RouteMatch {
    const byLength = new Map<number, { route: Route; segments: readonly string[] }[]>();
    for (const route of routes) {
        const segments = splitPath(route.pattern);
        const sameLength = byLength.get(segments.length) ?? [];
        byLength.set(segments.length, sameLength);
        sameLength.push({ route, segments });
    }
    return (method, path) => {
        const given = splitPath(path).map(decode);
        const allowed: string[] = [];
        for (const { route, segments } of byLength.get(given.length) ?? []) {
            const parameters = matchSegments(segments, given);
            if (parameters === undefined) {
                continue;
            }
            if (route.method === method) {
                return { kind: "found", handle: route.handle, parameters };
            }
            allowed.push(route.method);
        }
        return allowed.length > 0 ? { kind: "wrongMethod", allow: allowed.join(", ") } : { kind: "unknown" };
    };
}

function matchSegments(pattern: readonly string[], given: readonly string[]): Record<string, string> | undefined {
    const parameters: Record<string, string> = {};
    for (const [index, expected] of pattern.entries()) {
        const actual = given[index] ?? "";
        if (!expected.startsWith("{")) {
            if (expected !== actual) {
                return undefined;
            }
        } else if (actual === "") {
            return undefined;
        } else {
            parameters[expected.slice(1, -1)] = actual;
        }
    }
    return parameters;
}

function splitPath(path: string): string[] {
    return path.slice(1).split("/");
}

function decode(segment: string): string {
    try {
        return decodeURIComponent(segment);
    } catch {
        return segment;
    }
}
