import type { PluginEntry } from "./contents.mts";

const blockBytes = 512;

/**
 * A tar archive of files: the oldest form, which everything reads, with no owner and no time in it, so that the same files
 * are the same bytes. A machine's own `tar` would differ by its kind, and Windows has another one still.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html "ustar Interchange Format"
 */
export function tar(entries: readonly PluginEntry[]): Buffer {
    const parts = entries.flatMap(({ name, mode, content }) => [
        header(name, mode, content.length),
        content,
        Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
    ]);
    return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function header(name: string, mode: number, size: number): Buffer {
    const block = Buffer.alloc(blockBytes);
    const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
    block.write(name, 0, 100);
    block.write(octal(mode, 7), 100);
    block.write(octal(0, 7), 108);
    block.write(octal(0, 7), 116);
    block.write(octal(size, 11), 124);
    block.write(octal(0, 11), 136);
    // The checksum is taken with spaces in its own place.
    block.write(" ".repeat(8), 148);
    block.write("0", 156);
    block.write("ustar\x0000", 257, "latin1");
    block.write(
        `${block
            .reduce((sum, byte) => sum + byte, 0)
            .toString(8)
            .padStart(6, "0")}\0 `,
        148,
    );
    return block;
}
