import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Emulator, RequestCounts } from "pulumi-entrasync/emulator";
import type { Question } from "./emulatorProcess.mts";

/** Where Entra and Graph are, and what leads there. */
export type Address = Pick<
    Emulator,
    "url" | "tenantId" | "clientId" | "clientSecret" | "caCertificatePath" | "environment"
>;

/** A request for an acquisition, as Graph saw it. */
export interface Post {
    readonly atMs: number;
    readonly endMs: number;
    readonly status: number;
}

/** What was asked of Entra and Graph meanwhile. */
export interface Asked extends Counts {
    readonly posts: readonly Post[];
}

type Counts = Pick<RequestCounts, "tokenRequests" | "graphRequests" | "acquisitions" | "connections"> & {
    /** Those of the connections on which Graph was asked; the others are the sign-in's. */
    readonly graphConnections: number;
};

/** The emulator, in a process of its own. */
export class EmulatorChild implements AsyncDisposable {
    readonly address: Address;
    readonly pid: number;
    readonly #child: ChildProcess;
    readonly #ask: (question: Question) => Promise<unknown>;
    #postsSeen = 0;

    private constructor(child: ChildProcess, ask: (question: Question) => Promise<unknown>, address: Address) {
        this.#child = child;
        this.#ask = ask;
        this.address = address;
        this.pid = child.pid ?? 0;
    }

    static async start(latencyMs: number, perSecond?: number): Promise<EmulatorChild> {
        const child = fork(join(import.meta.dirname, "emulatorProcess.mts"), {
            stdio: ["ignore", "inherit", "inherit", "ipc"],
        });
        const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
        child.on("message", ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
            const mine = waiting.get(id);
            waiting.delete(id);
            if (error === undefined) {
                mine?.resolve(result);
            } else {
                mine?.reject(new Error(`the emulator: ${error}`));
            }
        });
        child.on("exit", (code, signal) => {
            for (const { reject } of waiting.values()) {
                reject(new Error(`the emulator's process ended with ${code ?? signal}`));
            }
        });
        let last = 0;
        const ask = (question: Question) =>
            new Promise<unknown>((resolve, reject) => {
                last += 1;
                waiting.set(last, { resolve, reject });
                child.send({ id: last, question });
            });
        const address = (await ask({ ask: "start", latencyMs, perSecond })) as Address;
        return new EmulatorChild(child, ask, address);
    }

    async principals(count: number): Promise<readonly string[]> {
        return (await this.#ask({ ask: "principals", count })) as string[];
    }

    /** Runs `work`; says what was asked meanwhile. Connections are counted when a process opens them: each has its own. */
    async watch(work: () => Promise<unknown>): Promise<Asked> {
        const before = (await this.#ask({ ask: "counts" })) as Counts;
        await work();
        const after = (await this.#ask({ ask: "counts" })) as Counts;
        const posts = (await this.#ask({ ask: "posts", from: this.#postsSeen })) as Post[];
        this.#postsSeen += posts.length;
        return {
            tokenRequests: after.tokenRequests - before.tokenRequests,
            graphRequests: after.graphRequests - before.graphRequests,
            acquisitions: after.acquisitions - before.acquisitions,
            connections: after.connections - before.connections,
            graphConnections: after.graphConnections - before.graphConnections,
            posts,
        };
    }

    async [Symbol.asyncDispose](): Promise<void> {
        if (this.#child.connected) {
            const ended = new Promise((resolve) => this.#child.once("exit", resolve));
            this.#child.disconnect();
            await ended;
        }
    }
}
