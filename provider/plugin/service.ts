import { isDeepStrictEqual } from "node:util";
import type * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
    CheckFailure,
    CheckResponse,
    ConfigureResponse,
    CreateResponse,
    DiffResponse,
    GetSchemaResponse,
    InvokeResponse,
    PropertyDiff,
    ProviderHandshakeResponse,
    ReadResponse,
    UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import type { Message } from "google-protobuf";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { ConfigurationError, InvalidInputError } from "../core/errors.js";
import { withHashKeyPlace } from "../core/hashKey.js";
import type { InputFailure } from "../core/inputs.js";
import { field } from "../core/json.js";
import * as lifecycle from "../core/lifecycle.js";
import { parseResourceId } from "../core/target.js";
import type { Environment } from "../identity/configuration.js";
import { createSurroundings, type RealSurroundings } from "../surroundings.js";
import { type Decoded, decode, encode } from "./codec.js";
import { configurationFailures, secretSettings, stackConfiguration } from "./configuration.js";
import { diffResponse } from "./diff.js";
import type { EngineLog } from "./engineLog.js";
import { grpcError } from "./failure.js";
import { invoke } from "./functions.js";
import { areImported, importedInputs } from "./imports.js";
import { functionNames } from "./names.js";
import { createSchema } from "./schema.js";

/** What the service needs of its process. */
export interface ServiceOptions {
    readonly version: string;
    readonly environment: Environment;
    readonly log: EngineLog;
}

type Rpcs = Pick<
    IResourceProviderServer,
    | "handshake"
    | "getSchema"
    | "getPluginInfo"
    | "checkConfig"
    | "diffConfig"
    | "configure"
    | "check"
    | "diff"
    | "create"
    | "read"
    | "update"
    | "delete"
    | "invoke"
    | "cancel"
    | "attach"
>;

/**
 * Pulumi's provider protocol over the same lifecycle as the dynamic face. What is in here is translation: no rule of an
 * acquisition's.
 *
 * Of what check adds, state holds the hash key alone: hashes and cloud follow from the inputs and stand in the outputs. The
 * dynamic face needs them among the inputs to have the preview name what changes; here the detailed diff does.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 */
export function createService({ version, environment, log }: ServiceOptions): Rpcs {
    const cancellation = new AbortController();
    let surroundings = configured({});

    function configured(properties: lifecycle.Properties): RealSurroundings {
        const made = createSurroundings(stackConfiguration(properties), environment, log);
        return { ...made, cancelled: cancellation.signal };
    }

    return {
        handshake: unary((request) => {
            log.connect(request.getEngineAddress());
            const response = new ProviderHandshakeResponse();
            response.setAcceptSecrets(true);
            return response;
        }),

        attach: unary((request) => {
            log.connect(request.getAddress());
            return new Empty();
        }),

        getPluginInfo: unary(() => {
            const response = new PluginInfo();
            response.setVersion(version);
            return response;
        }),

        getSchema: unary((request) => {
            if (request.getVersion() !== 0) {
                throw new ConfigurationError(`the schema is of format 0, not ${request.getVersion()}`);
            }
            const response = new GetSchemaResponse();
            response.setSchema(JSON.stringify(createSchema(version)));
            return response;
        }),

        checkConfig: unary((request) => {
            const { properties, secret: marked, foreign } = decode(request.getNews());
            const response = new CheckResponse();
            response.setInputs(encode(properties, new Set([...marked, ...secretSettings])));
            response.setFailuresList(
                [...foreignFailures(foreign), ...configurationFailures(properties, environment)].map(checkFailure),
            );
            return response;
        }),

        diffConfig: unary((request) => {
            const { properties: before } = decode(request.hasOldInputs() ? request.getOldInputs() : request.getOlds());
            const { properties: after } = decode(request.getNews());
            const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
                // An engine's own, and no reason to say that anything changed.
                (name) => name !== "version" && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
            );
            const response = new DiffResponse();
            response.setChanges(
                names.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE,
            );
            response.setDiffsList(names);
            response.setHasdetaileddiff(true);
            for (const name of names) {
                const detail = new PropertyDiff();
                detail.setKind(PropertyDiff.Kind.UPDATE);
                detail.setInputdiff(true);
                response.getDetaileddiffMap().set(name, detail);
            }
            return response;
        }),

        configure: unary((request) => {
            surroundings = configured(decode(request.getArgs()).properties);
            const response = new ConfigureResponse();
            response.setAcceptsecrets(true);
            response.setSupportspreview(true);
            return response;
        }),

        check: unary((request) => {
            const olds = decode(request.getOlds()).properties;
            const news = decode(request.getNews());
            const response = new CheckResponse();
            if (areImported(news.properties.credentials) && isDeepStrictEqual(olds, news.properties)) {
                response.setInputs(encode(news.properties, alwaysSecret(news)));
                return response;
            }
            const { inputs, failures } = lifecycle.check(
                olds,
                { ...news.properties, credentials: withHashKeyPlace(news.properties.credentials) },
                surroundings,
            );
            const { credentialHashes: _, cloud: __, ...kept } = inputs;
            response.setInputs(encode(kept, alwaysSecret(news)));
            response.setFailuresList([...foreignFailures(news.foreign), ...failures].map(checkFailure));
            return response;
        }),

        diff: about(async (request) => {
            const { properties } = decode(request.getNews());
            const oldInputs = decode(request.getOldInputs()).properties;
            if (areImported(properties.credentials)) {
                // Whatever the values will be, the next up hands them over.
                return diffResponse(everythingChanges, oldInputs, properties);
            }
            const olds = decode(request.getOlds()).properties;
            const news = lifecycle.derive(properties, surroundings);
            const plan = lifecycle.diff(request.getId(), olds, news, surroundings);
            const words = lifecycle.describePlan(plan, olds, news) ?? lifecycle.describeUnsent(oldInputs, properties);
            if (words !== undefined) {
                log.inform(words);
            }
            return diffResponse(plan, oldInputs, news);
        }),

        create: about(
            async (request) => {
                const decoded = decode(request.getProperties());
                const news = lifecycle.derive(decoded.properties, surroundings);
                const { id, outputs } = request.getPreview()
                    ? lifecycle.previewCreate(news)
                    : await lifecycle.create(news, surroundings, timeoutMs(request));
                const response = new CreateResponse();
                response.setId(id);
                response.setProperties(encode(outputs, decoded.secret));
                return response;
            },
            (request) => decode(request.getProperties()).secret,
        ),

        update: about(
            async (request) => {
                const decoded = decode(request.getNews());
                const olds = decode(request.getOlds()).properties;
                const news = lifecycle.derive(decoded.properties, surroundings);
                const { outputs } = request.getPreview()
                    ? lifecycle.previewUpdate(request.getId(), olds, news, surroundings)
                    : await lifecycle.update(request.getId(), olds, news, surroundings, timeoutMs(request));
                const response = new UpdateResponse();
                response.setProperties(encode(outputs, decoded.secret));
                return response;
            },
            (request) => decode(request.getNews()).secret,
        ),

        read: about(async (request) => {
            const olds = decode(request.getProperties());
            const inputs = decode(request.getInputs());
            const isImport = Object.keys(olds.properties).length === 0;
            if (isImport && parseResourceId(request.getId()) === undefined) {
                throw new InvalidInputError([{ path: "id", reason: idForm }]);
            }
            const found = await lifecycle.read(
                request.getId(),
                olds.properties,
                surroundings,
                timeoutMs(request),
                inputs.properties,
            );
            const response = new ReadResponse();
            if (found.found === "gone") {
                return response;
            }
            response.setId(request.getId());
            if (isImport) {
                response.setProperties(encode(lifecycle.importedOutputs(surroundings)));
                response.setInputs(
                    encode(
                        importedInputs(request.getId(), await storedKeys(request.getId())),
                        new Set(["credentials"]),
                    ),
                );
            } else {
                response.setProperties(encode(found.outputs, olds.secret));
                response.setInputs(encode(inputs.properties, alwaysSecret(inputs)));
            }
            return response;
        }),

        delete: unary(() => new Empty()),

        invoke: unary(async (request) => {
            const args = decode(request.getArgs());
            const response = new InvokeResponse();
            if (args.foreign.length > 0) {
                response.setFailuresList(foreignFailures(args.foreign).map(checkFailure));
                return response;
            }
            const invoked = await invoke(
                request.getTok(),
                args.properties,
                () => surroundings.graph(),
                cancellation.signal,
            );
            if (invoked === undefined) {
                throw new ConfigurationError(`this package has no function ${request.getTok()}`);
            }
            if (invoked.failures === undefined) {
                response.setReturn(encode(invoked.result));
            } else {
                response.setFailuresList(invoked.failures.map(checkFailure));
            }
            return response;
        }),

        // Also at every normal end, and more than once.
        cancel: unary(() => {
            cancellation.abort();
            return new Empty();
        }),
    };

    /** The keys that Graph shows for an imported target; none where it may not be asked. */
    async function storedKeys(id: string): Promise<readonly string[]> {
        const connect = () => surroundings.graph();
        try {
            const { getSynchronizationSecretKeys } = functionNames;
            const asked = await invoke(
                getSynchronizationSecretKeys,
                importedInputs(id, []),
                connect,
                cancellation.signal,
            );
            const keys = field(asked !== undefined && "result" in asked ? asked.result : undefined, "keys");
            return Array.isArray(keys) ? keys : [];
        } catch (error) {
            log.warn(
                `the keys of the stored credentials could not be looked at: ${error instanceof Error ? error.message : ""}`,
            );
            return [];
        }
    }

    /** An operation of a resource, whose messages stand at the resource in the engine's output. */
    function about<Request extends { getUrn(): string }, Response extends Message>(
        handle: (request: Request) => Promise<Response>,
        secretOutputs: (request: Request) => ReadonlySet<string> = () => new Set(),
    ): grpc.handleUnaryCall<Request, Response> {
        return unary((request) => log.about(request.getUrn(), () => handle(request)), secretOutputs);
    }
}

/** One call, one answer; whatever goes wrong becomes an error in the engine's form. */
function unary<Request, Response extends Message>(
    handle: (request: Request) => Response | Promise<Response>,
    secretOutputs: (request: Request) => ReadonlySet<string> = () => new Set(),
): grpc.handleUnaryCall<Request, Response> {
    return async ({ request }, answer) => {
        try {
            answer(null, await handle(request));
        } catch (error) {
            answer(grpcError(error, secretOutputs(request)));
        }
    };
}

/** The paths of the inputs that state holds as secrets: credentials always, as a whole. */
function alwaysSecret(decoded: Decoded): ReadonlySet<string> {
    return new Set([...decoded.secret, "credentials"]);
}

/** Pulumi's `customTimeouts`; the engine names 0 where there are none, and leaves it to the provider to keep to them. */
function timeoutMs(request: { getTimeout(): number }): number | undefined {
    return request.getTimeout() > 0 ? request.getTimeout() * 1000 : undefined;
}

/**
 * The engine prints the value of a property that a failure names, in clear even where that is a secret: so the path stands
 * in the words, and no property is named.
 */
function checkFailure({ path, reason }: InputFailure): CheckFailure {
    const failure = new CheckFailure();
    failure.setReason(`${path} ${reason}`.trim());
    return failure;
}

function foreignFailures(foreign: Decoded["foreign"]): readonly InputFailure[] {
    return foreign.map(([path, what]) => ({ path, reason: `is ${what}, which has no place here: give its text` }));
}

const idForm =
    "is not one of this resource's: give /servicePrincipals/<uuid>/synchronization/acquireAccessToken, or the same under " +
    "/applications";

const everythingChanges: lifecycle.Plan = {
    action: "update",
    changes: [{ kind: "credentials", keys: ["every key"], added: [], removed: [] }],
};
