import structpb from "google-protobuf/google/protobuf/struct_pb.js";

/*
 * Properties as the engine writes them, put down here once more: a mistake in the plugin's own reading and writing would
 * not be seen by the same code.
 */

/** What stands on the wire: JSON, in which an object with `mark` is something else. */
export type Wire = Readonly<Record<string, unknown>>;

const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** A value that is not known yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function secret(value: unknown): Wire {
    return { [mark]: secretMark, value };
}

export const asset: Wire = { [mark]: "c44067f5952c0a294b673a41bacd8c17", text: "the text of an asset", hash: "" };
export const archive: Wire = { [mark]: "0def7320c3a5731c473e5ecbe6d01bc7", assets: {}, hash: "" };
export const resource: Wire = { [mark]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:pulumi:dev::fleet::a:b:C::d" };

export function isSecret(value: unknown): value is { readonly value: unknown } {
    return value !== null && typeof value === "object" && Reflect.get(value, mark) === secretMark;
}

export function struct(wire: Wire): structpb.Struct {
    return structpb.Struct.fromJavaScript(wire as Record<string, structpb.JavaScriptValue>);
}

export function wire(message: structpb.Struct | undefined): Wire {
    return message?.toJavaScript() ?? {};
}

/** The same in clear, as a program would see it. */
export function clear(value: unknown): unknown {
    return mapWire(value, (inner) => clear(inner.value));
}

/** The same without what is marked as a secret: what an engine shows, and keeps in clear. */
export function shown(value: unknown): unknown {
    return mapWire(value, () => "[secret]");
}

function mapWire(value: unknown, onSecret: (inner: { readonly value: unknown }) => unknown): unknown {
    if (isSecret(value)) return onSecret(value);
    if (Array.isArray(value)) return value.map((item) => mapWire(item, onSecret));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapWire(inner, onSecret)]));
}
