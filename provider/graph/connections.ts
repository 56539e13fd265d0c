import diagnostics from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** The header by which a request is known again; Graph's own, and unique to each call. */
export const requestIdHeader = "client-request-id";

/** Watched until its end. */
export interface WatchedRequest {
    /** Whether there was ever a connection, TLS included, on which any of it can have been sent. */
    reached(): boolean;
    end(): void;
}

/**
 * Watches how far the request that carries this id gets.
 *
 * The library says only that a request failed, and its error's name says the same for a reset during the handshake and
 * for one after the body. Node.js announces every request that it starts, so the socket itself can be asked.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#http
 */
export function watchRequest(requestId: string): WatchedRequest {
    if (connected === undefined) {
        connected = new Map();
        diagnostics.subscribe("http.client.request.start", noteStart);
    }
    const watched = connected;
    watched.set(requestId, false);
    return { reached: () => watched.get(requestId) === true, end: () => void watched.delete(requestId) };
}

/** The watched requests, by their ids; nothing is listened to before the first. */
let connected: Map<string, boolean> | undefined;

function noteStart(message: unknown): void {
    const { request } = message as { readonly request: ClientRequest };
    const id = String(request.getHeader(requestIdHeader) ?? "");
    if (connected?.has(id) !== true) {
        return;
    }
    // The same call once more, after a claims challenge: what counts is the last one.
    connected.set(id, false);
    const note = () => {
        if (connected?.has(id)) {
            connected.set(id, true);
        }
    };
    const onSocket = (socket: Socket & { readonly encrypted?: boolean }) => {
        const event = socket.encrypted ? "secureConnect" : "connect";
        const stands = request.reusedSocket || !(socket.encrypted || socket.connecting);
        if (stands) {
            note();
        } else {
            socket.once(event, note);
        }
    };
    if (request.socket) {
        onSocket(request.socket);
    } else {
        request.once("socket", onSocket);
    }
}
