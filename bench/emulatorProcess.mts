import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";

/*
 * The emulator in a process of its own: what is measured must not share a processor's time slice with what measures. Its
 * parent asks over the channel that `fork` opens; see emulator.mts.
 */

export type Question =
    | { readonly ask: "start"; readonly latencyMs: number; readonly perSecond: number | undefined }
    | { readonly ask: "principals"; readonly count: number }
    | { readonly ask: "counts" }
    | { readonly ask: "posts"; readonly from: number };

let emulator: Emulator | undefined;
/** The connections on which a request to Graph came; one process each. */
const graphConnections = new Set<number>();
/** Arrival and status of each request for an acquisition. */
const posts: { readonly atMs: number; readonly endMs: number; readonly status: number }[] = [];

function started(): Emulator {
    if (emulator === undefined) {
        throw new Error("not started");
    }
    return emulator;
}

async function answer(question: Question): Promise<unknown> {
    switch (question.ask) {
        case "start":
            emulator = await startEmulator({
                latencyMs: question.latencyMs,
                tokenLatencyMs: question.latencyMs,
                ...(question.perSecond === undefined ? {} : { throttle: { perSecond: question.perSecond } }),
                onRequest({ path, status, at, durationMs, connection }) {
                    if (/^\/(v1\.0|beta)\//.test(path)) {
                        graphConnections.add(connection);
                    }
                    if (path.endsWith("/acquireAccessToken")) {
                        const atMs = Date.parse(at);
                        posts.push({ atMs, endMs: atMs + durationMs, status });
                    }
                },
            });
            return {
                url: emulator.url,
                tenantId: emulator.tenantId,
                clientId: emulator.clientId,
                clientSecret: emulator.clientSecret,
                caCertificatePath: emulator.caCertificatePath,
                environment: emulator.environment,
            };
        case "principals":
            return Array.from(
                { length: question.count },
                (_, index) => started().createServicePrincipal(`Tenant ${index}`).id,
            );
        case "counts":
            return { ...started().counts(), graphConnections: graphConnections.size };
        case "posts":
            return posts.slice(question.from);
    }
}

process.on("message", ({ id, question }: { readonly id: number; readonly question: Question }) => {
    answer(question).then(
        (result) => process.send?.({ id, result }),
        (error: unknown) => process.send?.({ id, error: String(error) }),
    );
});
process.on("disconnect", () => {
    (emulator?.close() ?? Promise.resolve()).finally(() => process.exit(0));
});
