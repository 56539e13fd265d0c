/* A user's test of such a program, against the emulator; for the compiler alone, as program.ts is. */
import type { Emulator, EmulatorOptions, RequestLogEntry } from "pulumi-entrasync/emulator";
import { EmulatorStartError, startEmulator } from "pulumi-entrasync/emulator";

const options: EmulatorOptions = { port: 0, onRequest: (entry) => void entry.status };

export async function acquisitionsOf(use: (emulator: Emulator) => Promise<void>): Promise<readonly string[]> {
    const emulator = await startEmulator(options);
    try {
        const { id } = emulator.createServicePrincipal("Acme");
        await use(emulator);
        const paths: readonly string[] = emulator.requests.map(({ path }: RequestLogEntry) => path);
        const count: number = emulator.counts().acquisitions;
        const environment: Readonly<Record<string, string>> = emulator.environment;
        return [id, String(count), emulator.url, ...paths, ...Object.keys(environment)];
    } catch (error) {
        throw error instanceof EmulatorStartError ? new Error(error.code) : error;
    } finally {
        await emulator.close();
    }
}

// @ts-expect-error a word for a port
void startEmulator({ port: "8443" });
// @ts-expect-error a misspelt option
void startEmulator({ latency: 5 });
