import type { Pipeline } from "@azure/core-rest-pipeline";
import { UnreachableError } from "../core/errors.js";

/** What every request of ours goes through; what else a request needs its sender adds. `direct` leaves the proxy out. */
export function createPipeline(rest: typeof import("@azure/core-rest-pipeline"), direct = false): Pipeline {
    const pipeline = rest.createEmptyPipeline();
    if (!direct) {
        pipeline.addPolicy(rest.proxyPolicy());
    }
    pipeline.addPolicy(rest.userAgentPolicy({ userAgentPrefix: "pulumi-entrasync" }));
    return pipeline;
}

/** 407 is no server's answer but the word of the proxy on the way: it takes nobody whom it does not know. */
export function refusedByProxy(url: string): UnreachableError {
    return new UnreachableError(
        `${new URL(url).origin} could not be asked: the proxy refuses (407). Nothing was sent. Give user and password in HTTPS_PROXY ` +
            "(http://user:password@host:port), or let NO_PROXY name the host.",
    );
}

/** The error's code or name, never its message: messages of HTTP libraries quote requests. */
export function failureName(error: unknown): string {
    if (error instanceof Error) {
        const code = Object.getOwnPropertyDescriptor(error, "code")?.value;
        return typeof code === "string" ? code : error.name;
    }
    return "an unknown failure";
}
