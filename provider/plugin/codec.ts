import * as structpb from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../core/lifecycle.js";
import { unknownValue } from "../core/unknown.js";

/**
 * Properties as the engine writes them on the wire: JSON in which an object with a certain key stands for something that
 * JSON has no word for.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
 */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** What has no place in any input of ours, by its signature. */
const foreign: ReadonlyMap<unknown, string> = new Map([
    ["c44067f5952c0a294b673a41bacd8c17", "an asset"],
    ["0def7320c3a5731c473e5ecbe6d01bc7", "an archive"],
    ["5cf8f73096256a8f31e491e813e4eb8e", "a resource"],
    ["d0e6a833031e9bbcd3f4e8bde6ca49a4", "an output"],
]);

/** Properties in clear, with what was known of them on the wire. */
export interface Decoded {
    readonly properties: Properties;
    /** The paths of what is secret: `triggers.password`. */
    readonly secret: ReadonlySet<string>;
    /**
     * Where something stands that is neither text, number, list nor map, and what: `["credentials.SecretToken", "an asset"]`.
     * In its place stands an unknown value: whoever looks on finds nothing else wrong with it, and nothing is ever sent.
     */
    readonly foreign: readonly (readonly [path: string, what: string])[];
}

/** Reads properties off the wire. Unknown values stay the text that `core/unknown.ts` knows. */
export function decode(struct: structpb.Struct | undefined): Decoded {
    const secret = new Set<string>();
    const found: (readonly [string, string])[] = [];
    const read = (value: unknown, path: string): unknown => {
        if (Array.isArray(value)) {
            return value.map((item, index) => read(item, itemPath(path, index)));
        }
        if (value === null || typeof value !== "object") {
            return value;
        }
        const mark = Reflect.get(value, signature);
        if (mark === secretSignature) {
            secret.add(path);
            return read(Reflect.get(value, "value"), path);
        }
        const what = foreign.get(mark);
        if (what !== undefined) {
            found.push([path, what]);
            return unknownValue;
        }
        return mapObject(value, (inner, key) => read(inner, entryPath(path, key)));
    };
    const raw: object = struct?.toJavaScript() ?? {};
    return { properties: mapObject(raw, (value, name) => read(value, name)), secret, foreign: found };
}

/** Marks a value as a secret, for the wire. */
function secret(value: unknown): unknown {
    return { [signature]: secretSignature, value };
}

/**
 * Writes properties for the wire; what stands at a path of `secretPaths` is a secret there, as a whole. Two places can have
 * the same path, where a name has a dot in it: then both are.
 */
export function encode(properties: object, secretPaths: ReadonlySet<string> = new Set()): structpb.Struct {
    const write = (value: unknown, path: string): unknown => {
        if (secretPaths.has(path)) {
            return secret(value);
        }
        if (Array.isArray(value)) {
            return value.map((item, index) => write(item, itemPath(path, index)));
        }
        return value !== null && typeof value === "object"
            ? mapObject(value, (inner, key) => write(inner, entryPath(path, key)))
            : value;
    };
    const present = Object.entries(properties).filter(([, value]) => value !== undefined);
    return structpb.Struct.fromJavaScript(
        mapObject(Object.fromEntries(present), write) as Record<string, structpb.JavaScriptValue>,
    );
}

function itemPath(path: string, index: number): string {
    return `${path}[${index}]`;
}

function entryPath(path: string, key: string): string {
    return `${path}.${key}`;
}

/** Own entries only, and no name is ever assigned: `__proto__` is a name like any other. */
function mapObject(value: object, map: (inner: unknown, name: string) => unknown): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner, name)]));
}
