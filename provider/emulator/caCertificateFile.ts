import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Writes the authority's certificate where only this user finds it, and sees to it that it goes again.
 *
 * It is no secret, but whoever could change it could have others trust another server: hence a folder of its own
 * (`mkdtemp` makes it 0700).
 */
export function writeCaCertificate(certificate: string): { readonly path: string; remove(): void } {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-entrasync-emulator-"));
    const path = join(folder, "ca.pem");
    writeFileSync(path, certificate, { mode: 0o600, flag: "wx" });
    const remove = () => {
        process.off("exit", remove);
        rmSync(folder, { recursive: true, force: true });
    };
    process.on("exit", remove);
    return { path, remove };
}
