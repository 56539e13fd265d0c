import { createHash, timingSafeEqual } from "node:crypto";
import { scrub } from "../core/scrub.js";
import { oneLine } from "./problem.js";
import type { AuthorizationRequest } from "./request.js";

/** What came back to the redirect address. */
export type Answer =
    | { readonly kind: "code"; readonly code: string }
    /** The application, or the person, said no. */
    | { readonly kind: "refused"; readonly words: string }
    /** It does not belong to this request. */
    | { readonly kind: "wrongState"; readonly words: string }
    /** It belongs to this request and is of no use. */
    | { readonly kind: "unusable"; readonly words: string };

/** Reads the query of the redirect address. Nothing of it counts before its state is the request's. */
export function readAnswer(query: URLSearchParams, request: Pick<AuthorizationRequest, "state" | "verifier">): Answer {
    const states = query.getAll("state");
    if (states.length !== 1 || !isEqual(states[0] ?? "", request.state)) {
        const what = states.length === 0 ? "no state" : "another state";
        const words =
            `an answer came with ${what}, so it is not known to answer this request and was not taken. ` +
            "It may be from an earlier attempt, or somebody may have sent it: run the command again";
        return { kind: "wrongState", words };
    }
    const repeated = ["code", "error", "error_description"].find((name) => query.getAll(name).length > 1);
    if (repeated !== undefined) {
        return { kind: "unusable", words: `the application answered with more than one ${repeated}` };
    }
    const error = query.get("error");
    if (error !== null) {
        const shown = (text: string) => oneLine(scrub(text, secretsOf(query, request)));
        const description = shown(query.get("error_description") ?? "");
        return { kind: "refused", words: refusal(shown(error), description) };
    }
    const code = query.get("code") ?? "";
    if (code === "") {
        return { kind: "unusable", words: "the application answered with neither a code nor an error" };
    }
    if (/\p{Cc}/u.test(code)) {
        return { kind: "unusable", words: "the application's code has control characters in it" };
    }
    return { kind: "code", code };
}

/** In constant time whatever the lengths: what is compared are digests. */
function isEqual(left: string, right: string): boolean {
    const digest = (text: string) => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(left), digest(right));
}

/** A careless application may quote them in its description. */
function secretsOf(query: URLSearchParams, { state, verifier }: Pick<AuthorizationRequest, "state" | "verifier">) {
    return [state, ...(verifier === undefined ? [] : [verifier]), ...query.getAll("code")];
}

/** What RFC 6749, 4.1.2.1, means by each error, and what to do. */
const meanings: Readonly<Record<string, string>> = {
    access_denied: "consent was refused: by the person, or by the application",
    invalid_request: "the application found the request malformed: see what else it asks for (--param)",
    invalid_scope: "the application does not know these scopes, or does not grant them: check --scope",
    server_error: "the application failed: try again later",
    temporarily_unavailable: "the application is not available now: try again later",
    unauthorized_client: "this client may not ask for a code: check its registration at the application",
    unsupported_response_type:
        "the application gives out no codes: check its registration and the authorization address",
};

function refusal(error: string, description: string): string {
    const meaning = Object.hasOwn(meanings, error) ? meanings[error] : "the application refused";
    return `${meaning} (${error}${description === "" ? "" : `: ${description}`})`;
}
