import { createRequire } from "node:module";
import { join } from "node:path";
import type * as typescript from "typescript";

/**
 * What this repository's compiler has against programs in a folder, as CommonJS and ESM programs see the packages there;
 * and the files that it read.
 */
export function compileIn(
    folder: string,
    files: readonly string[],
): { readonly complaints: readonly string[]; readonly read: readonly string[] } {
    const ts = createRequire(import.meta.url)("typescript") as typeof typescript;
    const options = { module: ts.ModuleKind.NodeNext, strict: true, noEmit: true, skipLibCheck: true, types: [] };
    const program = ts.createProgram(
        files.map((file) => join(folder, file)),
        options,
    );
    return {
        complaints: ts
            .getPreEmitDiagnostics(program)
            .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
        read: program.getSourceFiles().map(({ fileName }) => fileName),
    };
}
