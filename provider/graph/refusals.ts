import {
    type GraphAnswer,
    type GraphAnsweredError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    ThrottledError,
} from "../core/errors.js";
import { field, parseJson, stringField } from "../core/json.js";
import { scrub } from "../core/scrub.js";
import { describeTarget, type Target } from "../core/target.js";

/** An answer of Graph's with what it says about itself. */
export interface Answer extends GraphAnswer {
    /** Graph's own words, unwrapped, with nothing in them that was submitted. */
    readonly words: string;
}

/** Reads an answer's status, headers and body; the body may be anything, also a proxy's HTML page. */
export function readAnswer(
    response: {
        readonly status: number;
        readonly headers: { get(name: string): string | undefined };
        readonly bodyAsText?: string | null;
    },
    submitted: Iterable<string>,
): Answer {
    const hide = (text: string) => scrub(text, submitted);
    const error = parseErrorBody(response.bodyAsText ?? "", hide);
    const requestId = response.headers.get("request-id") ?? error.requestId;
    return {
        status: response.status,
        graphCode: error.code === undefined ? undefined : hide(error.code),
        words: hide(error.message),
        requestId: requestId === undefined ? undefined : hide(requestId),
    };
}

/** The answer in a line: status, Graph's code, its words and its request id. */
export function describeAnswer(answer: Answer): string {
    const code = answer.graphCode === undefined ? "" : ` ${answer.graphCode}`;
    const words = answer.words === "" ? "" : `: ${answer.words}`;
    const request = answer.requestId === undefined ? "" : ` (request-id ${answer.requestId})`;
    return `${answer.status}${code}${words}${request}`;
}

/** One credential that the provisioning service holds. */
export interface StoredSecret {
    readonly key: string;
    /** Whether Graph keeps the value to itself (`"*"`). */
    readonly masked: boolean;
}

/** What an answer of `synchronization/secrets` names. The values themselves are not kept: some of them are in clear. */
export function readSecrets(body: string): readonly StoredSecret[] {
    const list = field(parseJson(body), "value");
    return (Array.isArray(list) ? list : []).flatMap((pair: unknown) => {
        const key = stringField(pair, "key");
        return key === undefined ? [] : [{ key, masked: field(pair, "value") === "*" }];
    });
}

/** The error for a refusal: Graph read the call and processed none of it. `state` says what that left behind. */
export function refusalOf(tried: string, target: Target, answer: Answer, state: string): GraphAnsweredError {
    const came = `${tried}: Microsoft Graph answered ${describeAnswer(answer)}. ${state} `;
    if (answer.status >= 300 && answer.status < 400) {
        return new RequestRejectedError(
            `${came}A redirect is not followed: it would take the credentials elsewhere. Check the configured cloud, ` +
                "entrasync:graphEndpoint and HTTPS_PROXY.",
            answer,
        );
    }
    switch (answer.status) {
        case 401:
        case 403:
            return new PermissionDeniedError(came + permissionAdvice, answer);
        case 404:
            return new TargetNotFoundError(came + notFoundAdvice(target), answer);
        case 429:
            return new ThrottledError(`${came}Run it again later, or with fewer stacks at once.`, answer);
        default:
            return new RequestRejectedError(
                `${came}Correct what Graph names, then run pulumi up again; if it names nothing that you can correct, ` +
                    "its request-id is what Microsoft's support asks for.",
                answer,
            );
    }
}

/** Graph answers a missing permission with 401 and no words, so these are ours. */
const permissionAdvice =
    "Signed in as an application it needs the application permission Application.ReadWrite.OwnedBy, as an owner of the " +
    "target, or Synchronization.ReadWrite.All, with admin consent; signed in as a user the delegated permission " +
    "Synchronization.ReadWrite.All and the role Application Administrator, Cloud Application Administrator or Hybrid " +
    "Identity Administrator. A target or a consent of the last minutes may not have reached every part of Graph yet: " +
    "then run pulumi up again in a minute or two.";

function notFoundAdvice(target: Target): string {
    const noun = target.kind === "servicePrincipals" ? "service principal" : "application";
    return (
        `Check that ${describeTarget(target)} names the ${noun} by its object id (azuread's id or objectId, not its ` +
        "clientId) in the tenant that you are signed in to. If it was created in the last minutes, it may not have " +
        "reached every part of Graph yet: then run pulumi up again in a minute or two."
    );
}

interface ErrorBody {
    readonly code: string | undefined;
    readonly message: string;
    readonly requestId: string | undefined;
}

function parseErrorBody(text: string, hide: (text: string) => string): ErrorBody {
    const body = parseJson(text);
    const error = field(body, "error");
    if (error === undefined) {
        return { code: undefined, message: text.trim() === "" ? "" : excerpt(hide(text)), requestId: undefined };
    }
    const code = stringField(error, "code");
    const message = stringField(error, "message") ?? "";
    return {
        code: code === "" ? undefined : code,
        message: unwrap(message),
        requestId: stringField(field(error, "innerError"), "request-id"),
    };
}

/** The synchronization backend puts a JSON object into Graph's message: `{"Message":"…"}`. */
function unwrap(message: string): string {
    return stringField(parseJson(message), "Message") ?? message;
}

/**
 * What is not Graph's JSON comes from something in between; its first words tell what. Values are out of it already: one
 * that is cut at the end, or holds what looks like a tag, would not be found any more.
 */
function excerpt(text: string): string {
    const plain = text
        .replaceAll(/<[^>]*>/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim();
    return `an answer that is not Graph's JSON, ${JSON.stringify(plain.slice(0, 120))}`;
}
