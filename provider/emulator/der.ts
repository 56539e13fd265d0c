/** As much of DER (ITU-T X.690) as two certificates need: each function encodes one value. */

export const der = {
    sequence: (...parts: readonly Buffer[]) => encode(0x30, ...parts),
    set: (...parts: readonly Buffer[]) => encode(0x31, ...parts),
    /** Explicitly tagged `[n]`, around whole values. */
    tagged: (tag: number, ...parts: readonly Buffer[]) => encode(0xa0 | tag, ...parts),
    /** Implicitly tagged `[n]`, in place of a primitive value's own tag. */
    taggedPrimitive: (tag: number, content: Buffer) => encode(0x80 | tag, content),
    true: () => encode(0x01, Buffer.from([0xff])),
    /** A positive integer whose highest bit is clear. */
    integer: (bytes: Buffer) => encode(0x02, bytes),
    bitString: (bytes: Buffer, unusedBits = 0) => encode(0x03, Buffer.from([unusedBits]), bytes),
    octetString: (bytes: Buffer) => encode(0x04, bytes),
    objectId: (dotted: string) => encode(0x06, objectIdBytes(dotted)),
    text: (value: string) => encode(0x0c, Buffer.from(value, "utf8")),
    /** `UTCTime`, which X.509 wants up to the year 2049. */
    time: (instant: Date) => encode(0x17, Buffer.from(`${instant.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`)),
};

function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

function lengthBytes(length: number): readonly number[] {
    if (length < 0x80) {
        return [length];
    }
    return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function objectIdBytes(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
    return Buffer.from([40 * first + second, ...rest.flatMap(base128)]);
}

function base128(arc: number): readonly number[] {
    const bytes = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) {
        bytes.unshift((left & 0x7f) | 0x80);
    }
    return bytes;
}
