import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer } from "./answer.js";
import { Problem } from "./problem.js";

/** What is served, and to whom. */
export interface Service {
    /** Opened by the browser; leads to the consent page, once. */
    readonly startPath: string;
    readonly consentAddress: string;
    /** Where the application sends the browser back to. */
    readonly callbackPath: string;
    /** The `Host` headers that are answered: another name that leads here is somebody else's page (DNS rebinding). */
    readonly hosts: readonly string[];
    readonly judge: (query: URLSearchParams) => Answer;
}

/**
 * The loopback address that receives the code (RFC 8252, 7.3): listens on this machine only, answers the first callback
 * and no other.
 */
export interface Loopback {
    /** `http://127.0.0.1:PORT` */
    readonly origin: string;
    /** The first answer, once its page has been sent. */
    serve(service: Service): Promise<Answer>;
    close(): Promise<void>;
}

/** Listens; what it answers is said later, because the redirect address has the port in it. */
export async function openLoopback(host: string, port: number): Promise<Loopback> {
    let listener = (_request: IncomingMessage, response: ServerResponse) => send(response, 404, pages.notHere);
    const server = createServer((request, response) => listener(request, response));
    await listen(server, host, port);
    const name = host.includes(":") ? `[${host}]` : host;
    return {
        origin: `http://${name}:${(server.address() as AddressInfo).port}`,
        serve: (service) =>
            new Promise((resolve) => {
                listener = createListener(service, resolve);
            }),
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}

function listen(server: Server, host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => {
            const why =
                error.code === "EADDRINUSE"
                    ? "something else is listening there: give another --redirect-port, or end the other one"
                    : (error.code ?? "no reason given");
            reject(new Problem(`can't listen on port ${port} of ${host}: ${why}`));
        });
        server.listen({ host, port, exclusive: true }, resolve);
    });
}

function createListener(service: Service, resolve: (answer: Answer) => void) {
    let isStarted = false;
    let isAnswered = false;
    return (request: IncomingMessage, response: ServerResponse) => {
        const [path = "", query = ""] = split(request.url ?? "");
        if (!service.hosts.includes(request.headers.host?.toLowerCase() ?? "")) {
            send(response, 421, pages.notHere);
        } else if (path !== service.startPath && path !== service.callbackPath) {
            send(response, 404, pages.notHere);
        } else if (request.method !== "GET") {
            send(response, 405, pages.notHere, { Allow: "GET" });
        } else if (path === service.startPath) {
            // Once: its address stands among a process's arguments, where others of this machine can read it.
            if (isStarted || isAnswered) {
                send(response, 410, pages.again);
            } else {
                isStarted = true;
                send(response, 302, pages.onward, { Location: service.consentAddress });
            }
        } else if (isAnswered) {
            send(response, 410, pages.again);
        } else {
            isAnswered = true;
            const answer = service.judge(new URLSearchParams(query));
            response.once("close", () => resolve(answer));
            send(response, answer.kind === "wrongState" || answer.kind === "unusable" ? 400 : 200, pages[answer.kind]);
        }
    };
}

function split(target: string): [path: string, query: string] {
    const mark = target.indexOf("?");
    return mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Constant texts: nothing that came from outside is ever in a page. */
const pages = {
    code: page("The application agreed", "You can close this window. The terminal says what comes next."),
    refused: page("The application refused", "Nothing was stored. The terminal says why."),
    wrongState: page("This is not an answer to the request", "It was not taken, and nothing was stored."),
    unusable: page("This answer is of no use", "Nothing was stored. The terminal says why."),
    again: page("This address has been used", "It works once. To begin again, run the command again."),
    onward: page("To the application", "Your browser is on its way."),
    notHere: page("Nothing is here", "This address is for one answer of one application."),
} as const;

function page(title: string, text: string): string {
    return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body><h1>${title}</h1><p>${text}</p></body>
</html>
`;
}

function send(
    response: ServerResponse,
    status: number,
    html: string,
    headers: Readonly<Record<string, string>> = {},
): void {
    response.writeHead(status, {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": Buffer.byteLength(html),
        "Cache-Control": "no-store",
        // The page's own address has the code in it.
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy":
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        Connection: "close",
        ...headers,
    });
    response.end(html);
}
