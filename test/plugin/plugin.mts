import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import grpc from "@grpc/grpc-js";
import pluginpb from "@pulumi/pulumi/proto/plugin_pb.js";
import providergrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import statuspb from "@pulumi/pulumi/proto/status_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { leaks, type Sentinel } from "../support/sentinels.mts";
import { shown, struct, type Wire, wire } from "./wire.mts";

export const pluginFile = join(repositoryRoot, "dist/pulumi-resource-entrasync");
const resourceType = "entrasync:index:SynchronizationTokenAcquisition";

/** The urn of a resource of that name. */
export const urn = (name: string) => `urn:pulumi:dev::fleet::${resourceType}::${name}`;

export interface Failure {
    readonly property: string;
    readonly reason: string;
}

export interface Checked {
    readonly inputs: Wire;
    readonly failures: readonly Failure[];
}

/** A diff as the engine reads it: each path with what happens to it. */
export interface Diffed {
    readonly changes: "unknown" | "none" | "some";
    readonly replaces: readonly string[];
    readonly diffs: readonly string[];
    /** The kind, with `(output)` behind it where the path is no input's. */
    readonly detailed: Readonly<Record<string, string>>;
}

/** What the engine is told of an operation that went wrong. */
export class RpcError extends Error {
    override readonly name = "RpcError";
    readonly status: string;
    /** What state is to hold all the same. */
    readonly kept: { readonly id: string; readonly properties: Wire; readonly reasons: readonly string[] } | undefined;

    constructor(error: grpc.ServiceError | null) {
        super(error?.details ?? "neither an answer nor an error");
        const { code, metadata } = error ?? { code: grpc.status.OK, metadata: new grpc.Metadata() };
        this.status = grpc.status[code] ?? String(code);
        const [bytes] = metadata.get("grpc-status-details-bin");
        const details_ = Buffer.isBuffer(bytes) ? statuspb.Status.deserializeBinary(bytes).getDetailsList() : [];
        const [failed] = details_.filter((any) => any.getTypeUrl().endsWith("/pulumirpc.ErrorResourceInitFailed"));
        const detail =
            failed === undefined
                ? undefined
                : provider.ErrorResourceInitFailed.deserializeBinary(failed.getValue_asU8());
        this.kept = detail && {
            id: detail.getId(),
            properties: wire(detail.getProperties()),
            reasons: detail.getReasonsList(),
        };
    }
}

const service = providergrpc.ResourceProviderService;

export interface PluginOptions {
    /** Added to an environment that has nothing of this machine's settings. */
    readonly environment?: Readonly<Record<string, string>>;
    /** The engine's address, as the engine gives it. */
    readonly engine?: string;
}

/** The plugin's process and a client of it: an engine's part, without an engine. */
export class Plugin implements AsyncDisposable {
    /** The first line that the process said. */
    readonly port: string;
    /** Everything that could be read of it so far, but for what is marked as a secret. */
    readonly surfaces: Readonly<Record<string, string>>;
    readonly #process: ChildProcess;
    readonly #client: grpc.Client;
    readonly #folder: string;
    readonly #answers: string[] = [];

    private constructor(process: ChildProcess, port: string, folder: string, said: { stdout: string; stderr: string }) {
        this.#process = process;
        this.#folder = folder;
        this.port = port;
        this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        const answers = this.#answers;
        this.surfaces = {
            get stdout() {
                return said.stdout;
            },
            get stderr() {
                return said.stderr;
            },
            get answers() {
                return answers.join("\n");
            },
        };
    }

    static async start({ environment = {}, engine }: PluginOptions = {}): Promise<Plugin> {
        const folder = mkdtempSync(join(tmpdir(), "entrasync-plugin-"));
        const child = spawn(pluginFile, engine === undefined ? [] : [engine], {
            cwd: folder,
            stdio: ["ignore", "pipe", "pipe"],
            env: {
                PATH: dirname(process.execPath),
                HOME: folder,
                TMPDIR: folder,
                PULUMI_HOME: join(folder, ".pulumi"),
                ...environment,
            },
        });
        const said = { stdout: "", stderr: "" };
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            said.stderr += text;
        });
        const port = await new Promise<string>((resolve, reject) => {
            child.on("error", reject).on("close", () => reject(new Error(`the plugin ended: ${said.stderr}`)));
            child.stdout.setEncoding("utf8").on("data", (text: string) => {
                said.stdout += text;
                if (said.stdout.includes("\n")) resolve(said.stdout.slice(0, said.stdout.indexOf("\n")));
            });
        });
        return new Plugin(child, port, folder, said);
    }

    get isRunning(): boolean {
        return this.#process.exitCode === null && this.#process.signalCode === null;
    }

    /** Where a sentinel stands in anything that this process said or answered, other than as a secret. */
    leaks(...sentinels: readonly Sentinel[]): readonly string[] {
        return leaks(this.surfaces, sentinels);
    }

    async handshake(engine: string): Promise<provider.ProviderHandshakeResponse.AsObject> {
        const request = new provider.ProviderHandshakeRequest();
        request.setEngineAddress(engine);
        const response = await this.#call(service.handshake, request);
        return this.#keep(response.toObject());
    }

    async attach(engine: string): Promise<void> {
        const request = new pluginpb.PluginAttach();
        request.setAddress(engine);
        await this.#call(service.attach, request);
    }

    async pluginInfo(): Promise<pluginpb.PluginInfo.AsObject> {
        return this.#keep((await this.#call(service.getPluginInfo, new Empty())).toObject());
    }

    async schema(version = 0): Promise<Readonly<Record<string, unknown>>> {
        const request = new provider.GetSchemaRequest();
        request.setVersion(version);
        return JSON.parse((await this.#call(service.getSchema, request)).getSchema());
    }

    checkConfig(news: Wire, olds: Wire = {}): Promise<Checked> {
        return this.#check(service.checkConfig, news, olds, "urn:pulumi:dev::fleet::pulumi:providers:entrasync::a");
    }

    diffConfig(olds: Wire, news: Wire): Promise<Diffed> {
        return this.#diff(service.diffConfig, { olds, oldInputs: olds, news });
    }

    async configure(args: Wire = {}): Promise<provider.ConfigureResponse.AsObject> {
        const request = new provider.ConfigureRequest();
        request.setArgs(struct(args));
        request.setAcceptsecrets(true);
        return this.#keep((await this.#call(service.configure, request)).toObject());
    }

    check(news: Wire, olds: Wire = {}, name = "acme"): Promise<Checked> {
        return this.#check(service.check, news, olds, urn(name));
    }

    /** The inputs that check made of these, where nothing is wrong with them. */
    async checked(news: Wire, olds: Wire = {}): Promise<Wire> {
        const { inputs, failures } = await this.check(news, olds);
        if (failures.length > 0) throw new Error(`refused: ${failures.map(({ reason }) => reason).join("; ")}`);
        return inputs;
    }

    diff(states: {
        readonly id: string;
        readonly olds: Wire;
        readonly oldInputs: Wire;
        readonly news: Wire;
    }): Promise<Diffed> {
        return this.#diff(service.diff, states);
    }

    async create(
        properties: Wire,
        { name = "acme", preview = false, timeout = 0 }: OperationOptions = {},
    ): Promise<{ readonly id: string; readonly properties: Wire }> {
        const request = new provider.CreateRequest();
        request.setUrn(urn(name));
        request.setProperties(struct(properties));
        request.setPreview(preview);
        request.setTimeout(timeout);
        const response = await this.#call(service.create, request);
        return this.#keep({ id: response.getId(), properties: wire(response.getProperties()) });
    }

    async update(
        id: string,
        { olds, oldInputs, news }: { readonly olds: Wire; readonly oldInputs: Wire; readonly news: Wire },
        { name = "acme", preview = false, timeout = 0 }: OperationOptions = {},
    ): Promise<{ readonly properties: Wire }> {
        const request = new provider.UpdateRequest();
        request.setUrn(urn(name));
        request.setId(id);
        request.setOlds(struct(olds));
        request.setOldInputs(struct(oldInputs));
        request.setNews(struct(news));
        request.setPreview(preview);
        request.setTimeout(timeout);
        const response = await this.#call(service.update, request);
        return this.#keep({ properties: wire(response.getProperties()) });
    }

    /** Without properties: an import. */
    async read(
        id: string,
        { properties, inputs }: { readonly properties?: Wire; readonly inputs?: Wire } = {},
        { name = "acme", timeout = 0 }: Omit<OperationOptions, "preview"> = {},
    ): Promise<{ readonly id: string; readonly properties: Wire; readonly inputs: Wire }> {
        const request = new provider.ReadRequest();
        request.setUrn(urn(name));
        request.setId(id);
        request.setTimeout(timeout);
        if (properties !== undefined) request.setProperties(struct(properties));
        if (inputs !== undefined) request.setInputs(struct(inputs));
        const response = await this.#call(service.read, request);
        return this.#keep({
            id: response.getId(),
            properties: wire(response.getProperties()),
            inputs: wire(response.getInputs()),
        });
    }

    async delete(id: string, properties: Wire): Promise<void> {
        const request = new provider.DeleteRequest();
        request.setUrn(urn("acme"));
        request.setId(id);
        request.setProperties(struct(properties));
        await this.#call(service.delete, request);
    }

    async invoke(token: string, args: Wire): Promise<{ readonly result: Wire; readonly failures: readonly Failure[] }> {
        const request = new provider.InvokeRequest();
        request.setTok(token);
        request.setArgs(struct(args));
        const response = await this.#call(service.invoke, request);
        return this.#keep({ result: wire(response.getReturn()), failures: failuresOf(response) });
    }

    async cancel(): Promise<void> {
        await this.#call(service.cancel, new Empty());
    }

    /** What this provider has no answer to; gives the status that it answers with. */
    async unserved(rpc: "call" | "construct" | "parameterize" | "getMapping"): Promise<string> {
        const calls = {
            call: () => this.#call(service.call, new provider.CallRequest()),
            construct: () => this.#call(service.construct, new provider.ConstructRequest()),
            parameterize: () => this.#call(service.parameterize, new provider.ParameterizeRequest()),
            getMapping: () => this.#call(service.getMapping, new provider.GetMappingRequest()),
        };
        return (await failureOf(calls[rpc]())).status;
    }

    async [Symbol.asyncDispose](): Promise<void> {
        this.#client.close();
        const ended = new Promise((resolve) => this.#process.on("close", resolve));
        if (this.isRunning) {
            this.#process.kill("SIGKILL");
            await ended;
        }
        rmSync(this.#folder, { recursive: true, force: true });
    }

    async #check(
        call: grpc.MethodDefinition<provider.CheckRequest, provider.CheckResponse>,
        news: Wire,
        olds: Wire,
        about: string,
    ) {
        const request = new provider.CheckRequest();
        request.setUrn(about);
        request.setOlds(struct(olds));
        request.setNews(struct(news));
        const response = await this.#call(call, request);
        return this.#keep({ inputs: wire(response.getInputs()), failures: failuresOf(response) });
    }

    async #diff(
        call: grpc.MethodDefinition<provider.DiffRequest, provider.DiffResponse>,
        { id = "", olds, oldInputs, news }: { id?: string; olds: Wire; oldInputs: Wire; news: Wire },
    ): Promise<Diffed> {
        const request = new provider.DiffRequest();
        request.setUrn(urn("acme"));
        request.setId(id);
        request.setOlds(struct(olds));
        request.setOldInputs(struct(oldInputs));
        request.setNews(struct(news));
        const response = await this.#call(call, request);
        if (!response.getHasdetaileddiff()) throw new Error("a diff without its details");
        const kinds = Object.entries(provider.PropertyDiff.Kind);
        const detailed: Record<string, string> = {};
        response.getDetaileddiffMap().forEach((detail, path) => {
            const [name = "?"] = kinds.find(([, kind]) => kind === detail.getKind()) ?? [];
            detailed[path] = detail.getInputdiff() ? name : `${name} (output)`;
        });
        return this.#keep({
            changes: (["unknown", "none", "some"] as const)[response.getChanges()],
            replaces: response.getReplacesList(),
            diffs: response.getDiffsList(),
            detailed,
        });
    }

    #call<Request, Response>(rpc: grpc.MethodDefinition<Request, Response>, request: Request): Promise<Response> {
        return new Promise((resolve, reject) =>
            this.#client.makeUnaryRequest(
                rpc.path,
                rpc.requestSerialize,
                rpc.responseDeserialize,
                request,
                (error, response) => {
                    if (error === null && response !== undefined) {
                        resolve(response);
                    } else {
                        const failure = new RpcError(error);
                        this.#keep({ details: failure.message, kept: failure.kept });
                        reject(failure);
                    }
                },
            ),
        );
    }

    #keep<Answer>(answer: Answer): Answer {
        this.#answers.push(JSON.stringify(shown(answer)));
        return answer;
    }
}

export interface OperationOptions {
    readonly name?: string;
    readonly preview?: boolean;
    /** In seconds, as the engine says it; 0 is none. */
    readonly timeout?: number;
}

/** The error that a call ends with; that it ends with none is one. */
export async function failureOf(call: Promise<unknown>): Promise<RpcError> {
    const outcome = await call.then(
        () => undefined,
        (error: unknown) => error,
    );
    if (!(outcome instanceof RpcError)) throw new Error(`no failure of the rpc: ${JSON.stringify(outcome)}`);
    return outcome;
}

function failuresOf(response: { getFailuresList(): provider.CheckFailure[] }): Failure[] {
    return response.getFailuresList().map((failure) => ({
        property: failure.getProperty(),
        reason: failure.getReason(),
    }));
}
