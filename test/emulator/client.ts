import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { Emulator } from "../../provider/emulator/index.ts";

export interface Reply {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
    /** The body as JSON; a body that is none fails the test here. */
    readonly json: Record<string, unknown>;
}

export interface Call {
    readonly headers?: Readonly<Record<string, string>>;
    /** A string is sent as it is, anything else as JSON with its content type. */
    readonly body?: unknown;
    readonly signal?: AbortSignal;
}

/** A bare HTTPS client: what it sends is exactly what a test says. */
export class Client {
    readonly #emulator: Emulator;
    readonly #agent: Agent;
    #token: string | undefined;

    constructor(emulator: Emulator) {
        this.#emulator = emulator;
        this.#agent = new Agent({ ca: emulator.caCertificate, keepAlive: true });
    }

    send(method: string, path: string, call: Call = {}): Promise<Reply> {
        const { body } = call;
        const isJson = body !== undefined && typeof body !== "string";
        const text = isJson ? JSON.stringify(body) : body;
        const headers = { ...(isJson ? { "content-type": "application/json" } : {}), ...call.headers };
        return new Promise((resolve, reject) => {
            const options = {
                method,
                agent: this.#agent,
                headers,
                ...(call.signal === undefined ? {} : { signal: call.signal }),
            };
            const sent = request(`${this.#emulator.url}${path}`, options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => {
                    const received = Buffer.concat(chunks).toString("utf8");
                    resolve({
                        status: response.statusCode ?? 0,
                        headers: response.headers,
                        text: received,
                        get json() {
                            return JSON.parse(received) as Record<string, unknown>;
                        },
                    });
                });
            });
            sent.on("error", reject);
            sent.end(text);
        });
    }

    /** The token request that `overrides` make wrong. An override of `undefined` leaves the parameter out. */
    requestToken(overrides: Readonly<Record<string, string | undefined>> = {}, tenant = this.#emulator.tenantId) {
        const parameters = {
            grant_type: "client_credentials",
            client_id: this.#emulator.clientId,
            client_secret: this.#emulator.clientSecret,
            scope: `${this.#emulator.url}/.default`,
            ...overrides,
        };
        const form = new URLSearchParams();
        for (const [name, value] of Object.entries(parameters)) {
            if (value !== undefined) {
                form.set(name, value);
            }
        }
        return this.send("POST", `/${tenant}/oauth2/v2.0/token`, {
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: form.toString(),
        });
    }

    async token(): Promise<string> {
        this.#token ??= String((await this.requestToken()).json.access_token);
        return this.#token;
    }

    forgetToken(): void {
        this.#token = undefined;
    }

    async graph(
        method: string,
        path: string,
        body?: unknown,
        headers: Readonly<Record<string, string>> = {},
    ): Promise<Reply> {
        const authorization = `Bearer ${await this.token()}`;
        return this.send(method, path, { headers: { authorization, ...headers }, body });
    }

    close(): void {
        this.#agent.destroy();
    }
}

/** What a Graph error says, without the parts that differ each time. */
export function graphError(reply: Reply): { status: number; code: string; message: string } {
    const { code, message } = reply.json.error as { code: string; message: string };
    return { status: reply.status, code, message };
}
