import type { PipelineResponse } from "@azure/core-rest-pipeline";
import { ConfigurationError, UnreachableError } from "../core/errors.js";
import { parseJson } from "../core/json.js";
import { createPipeline, failureName, refusedByProxy } from "./pipeline.js";

/** A request of the sign-in's that wants no token of ours: the metadata host's, a pipeline's, a managed identity's. */
export interface Question {
    readonly method: "GET" | "POST";
    readonly url: string;
    /** What to put behind `Bearer`. */
    readonly bearer?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Never by way of a proxy. */
    readonly direct?: boolean;
}

/** Asks once, follows no redirect; the body is what its JSON says, `undefined` where it is none. Throws `UnreachableError`. */
export type HttpAsk = (question: Question) => Promise<{ readonly status: number; readonly body: unknown }>;

const questionTimeoutMs = 30_000;

/** Asks over the network. */
export const askOverHttp: HttpAsk = async ({ method, url, bearer, headers, direct = false }) => {
    const rest = await import("@azure/core-rest-pipeline");
    const request = rest.createPipelineRequest({
        method,
        url,
        abortSignal: AbortSignal.timeout(questionTimeoutMs),
        allowInsecureConnection: url.startsWith("http:"),
        headers: rest.createHttpHeaders({
            accept: "application/json",
            ...headers,
            ...(method === "POST" ? { "content-length": "0" } : {}),
            ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        }),
    });
    let response: PipelineResponse;
    try {
        response = await createPipeline(rest, direct).sendRequest(rest.createDefaultHttpClient(), request);
    } catch (error) {
        const { origin, pathname } = new URL(url);
        throw new UnreachableError(
            `${origin}${pathname} could not be asked (${failureName(error)}): check the network and HTTPS_PROXY`,
        );
    }
    if (response.status === 407) {
        throw refusedByProxy(url);
    }
    return { status: response.status, body: parseJson(response.bodyAsText ?? "") };
};

/** Asks the metadata host where Graph and the sign-in are. */
export async function fetchMetadata(url: string): Promise<unknown> {
    const advice = "check metadataHost (entrasync:metadataHost, azuread:metadataHost or ARM_METADATA_HOSTNAME)";
    try {
        const { status, body } = await askOverHttp({ method: "GET", url });
        if (status === 200 && body !== undefined) {
            return body;
        }
        throw new ConfigurationError(
            `the metadata host answered ${url} with ${status}${body === undefined ? " and no JSON" : ""}: ${advice}`,
        );
    } catch (error) {
        throw error instanceof UnreachableError ? new UnreachableError(`${error.message}; ${advice}`) : error;
    }
}
