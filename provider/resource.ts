import * as pulumi from "@pulumi/pulumi";
import { withHashKeyPlace } from "./core/hashKey.js";
import type { SynchronizationSecretKey } from "./core/keys.js";

/**
 * The text that becomes the resource's provider in state, run by Pulumi's dynamic host.
 *
 * A reader who expects `pulumi.dynamic.Resource` here: this is a dynamic provider in everything but the serialiser.
 * `pulumi.dynamic.Resource` would write the hooks' source into the state of every resource, 1,500 to 4,000 bytes twice
 * over, different for each way of installing the package. The host does not mind where the text comes from, so it is a
 * constant: the hooks are the module `pulumi-entrasync/runtime`, and `runtime.ts` is checked against
 * `pulumi.dynamic.ResourceProvider` by the compiler. Where the package is gone, refresh and destroy still work: the host
 * takes a missing `read` and `delete` for "nothing to do". Creating and updating end at `check`, which comes first.
 *
 * It stands in users' state: it must not change, a change would rewrite every state file.
 */
const provider = "try{var m=require('pulumi-entrasync/runtime')}catch(e){m={check(){throw e}}}exports.handler=()=>m";

/**
 * Throws where the host will not find the hooks: in a bundled program beside which this package is not installed.
 *
 * A bundler takes this class into the program's own file, and does not see the text above. Pulumi's host then looks for
 * `pulumi-entrasync/runtime` from the folder that the program runs in, upwards. Tried with esbuild and a real engine:
 * with this package installed there a bundled program runs like any other; without it the host says "Cannot find module"
 * and a stack, and nothing of what to do. So that is said here, before anything is registered. `@pulumi/pulumi` itself
 * can't be bundled: it reads files of its own.
 *
 * Looked for beside this file too: the program of an Automation API process may run anywhere. Node.js's own function,
 * got without an import, which some bundlers would follow, and which a bundle that is an ES module could not `require`.
 */
function requireRuntime(): void {
    if (isRuntimeFound) return;
    const { createRequire } = process.getBuiltinModule("node:module");
    const folders = [process.cwd(), ...(typeof __dirname === "string" ? [__dirname] : [])];
    isRuntimeFound = folders.some((folder) => {
        try {
            return createRequire(`${folder}/index.js`).resolve("pulumi-entrasync/runtime") !== "";
        } catch {
            return false;
        }
    });
    if (!isRuntimeFound) {
        throw new pulumi.RunError(
            `pulumi-entrasync is not installed for the program in ${process.cwd()}: Pulumi runs its resources by the module ` +
                "pulumi-entrasync/runtime, which no bundle holds. Run npm install pulumi-entrasync there, beside the bundle",
        );
    }
}

let isRuntimeFound = false;

/** The host that Pulumi runs for it, and the resource's name: `dynamic` and what `pulumi.dynamic.Resource` puts behind. */
const type = "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition";

/** A credential's key: one of Graph's, or with `allowUnknownKeys` any other. */
export type CredentialKey = SynchronizationSecretKey | (string & Record<never, never>);

/** Credentials by key. Every value is a secret. */
export type CredentialMap = { readonly [Key in SynchronizationSecretKey]?: pulumi.Input<string> } & {
    readonly [key: string]: pulumi.Input<string> | undefined;
};

/** One credential, as Graph writes it. */
export interface Credential {
    /** Which credential: one of Graph's `synchronizationSecret` keys. */
    readonly key: pulumi.Input<CredentialKey>;
    /** Its value. Always a secret, whether or not it is marked as one. */
    readonly value: pulumi.Input<string>;
}

/** How long an operation may take, every wait and retry included, as durations such as `"90s"` or `"10m"`. */
export interface AcquisitionTimeouts {
    /** Default `"5m"`. */
    readonly create?: pulumi.Input<string>;
    /** Default `"5m"`. */
    readonly update?: pulumi.Input<string>;
    /** Default `"5m"`. Counts from the next acquisition on. */
    readonly read?: pulumi.Input<string>;
}

/** What a {@link SynchronizationTokenAcquisition} is made of. */
export interface SynchronizationTokenAcquisitionArgs {
    /**
     * The service principal whose provisioning acquires the token: its object id, or azuread's id
     * (`/servicePrincipals/<uuid>`). Exactly one of this and `applicationId`. Another one replaces the resource.
     */
    readonly servicePrincipalId?: pulumi.Input<string> | undefined;
    /** The application instead: its object id, or azuread's id (`/applications/<uuid>`). */
    readonly applicationId?: pulumi.Input<string> | undefined;
    /**
     * The credentials to hand over, as a map from key to value or as a list of pairs; their order means nothing. Always
     * secret. A key that Graph does not know is refused, with the nearest one named. A changed value acquires again.
     */
    readonly credentials: pulumi.Input<CredentialMap> | pulumi.Input<readonly pulumi.Input<Credential>[]>;
    /** Any values; a change of any of them acquires again. */
    readonly triggers?: pulumi.Input<Readonly<Record<string, unknown>> | readonly unknown[]> | undefined;
    /** A duration (`"30d"`, `"720h"`): the first `pulumi up` after it acquires again. Default: age does not matter. */
    readonly maxAge?: pulumi.Input<string> | undefined;
    /** How long the operations may take. */
    readonly timeouts?: pulumi.Input<AcquisitionTimeouts> | undefined;
    /** The version of Graph to call. Default `"v1.0"`. A change by itself sends nothing. */
    readonly apiVersion?: pulumi.Input<"v1.0" | "beta"> | undefined;
    /** Takes keys that this package does not know, for a Graph that is newer. Default `false`. */
    readonly allowUnknownKeys?: pulumi.Input<boolean> | undefined;
    /**
     * Has Graph try out, after each acquisition, what the service then holds. A no fails the operation with Graph's words; the
     * next `up` validates again, and acquires only if something changed. Default: nothing is validated.
     *
     * @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-validatecredentials
     */
    readonly validation?: pulumi.Input<AcquisitionValidation> | undefined;
    /** Which looks `pulumi refresh` takes. Default: both. Counts from the next acquisition on. */
    readonly drift?: pulumi.Input<AcquisitionDrift> | undefined;
}

/** What to validate against: exactly one of the two. */
export interface AcquisitionValidation {
    /** A synchronization template of the target's, such as `"scim"`. */
    readonly templateId?: pulumi.Input<string>;
    /** A synchronization job of the target's. */
    readonly jobId?: pulumi.Input<string>;
}

/** The looks of a refresh, each of which can be turned off. */
export interface AcquisitionDrift {
    /** Whether the target is still there; gone from state if it is not. Default `true`. */
    readonly target?: pulumi.Input<boolean>;
    /** Whether the service still holds every key that was handed over; if not, the next `up` acquires. Default `true`. */
    readonly credentials?: pulumi.Input<boolean>;
}

/**
 * Hands an application's credentials to the Microsoft Entra provisioning service, which acquires with them the access
 * token that it provisions users with: Microsoft Graph's `synchronization: acquireAccessToken`.
 *
 * Creating it acquires; a changed credential or trigger acquires again; nothing else does. Deleting it does nothing: the
 * service keeps its token until it expires, the credentials are replaced, or the target is deleted.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronization-acquireaccesstoken
 */
export class SynchronizationTokenAcquisition extends pulumi.CustomResource {
    /**
     * When Graph last accepted the credentials: an ISO 8601 instant in UTC.
     *
     * Moves on every acquisition: on create, when a credential or a trigger changes, and when `maxAge` has passed.
     */
    declare public readonly acquiredAt: pulumi.Output<string>;

    /**
     * For each credential's key `v1:` and a hash of its value, keyed with a random secret of this resource.
     *
     * Tells that a credential changed, and nothing of its value: equal values of two resources have different hashes.
     */
    declare public readonly credentialHashes: pulumi.Output<Readonly<Record<string, string>>>;

    /** Graph's request id of the last acquisition, for a support case; empty where Graph named none. */
    declare public readonly requestId: pulumi.Output<string>;

    /** When Graph last validated what was acquired with: an ISO 8601 instant in UTC; `undefined` without `validation`. */
    declare public readonly validatedAt: pulumi.Output<string | undefined>;

    /** Whether this is such a resource, also when it comes from another copy of this package. */
    public static override isInstance(candidate: unknown): candidate is SynchronizationTokenAcquisition {
        return pulumi.CustomResource.isInstance(candidate) && Reflect.get(candidate, "__pulumiType") === type;
    }

    /**
     * @param name The name of the resource in the program.
     * @param args What to acquire, and for which target.
     * @param options Pulumi's options, all of which work but `import`: what the service holds can't be read back.
     */
    constructor(name: string, args: SynchronizationTokenAcquisitionArgs, options?: pulumi.CustomResourceOptions) {
        requireRuntime();
        super(
            type,
            name,
            {
                ...args,
                credentials: secretCredentials(args.credentials),
                acquiredAt: undefined,
                credentialHashes: undefined,
                requestId: undefined,
                validatedAt: undefined,
                __provider: provider,
            },
            options,
        );
    }
}

/**
 * Everything as one secret once it is known, which is what state then holds: a ciphertext for each value would be the
 * largest part of it. While a value is unknown, in a preview, each value is a secret of its own: around the whole, one
 * unknown would make the whole unknown, and the preview could not name the keys. The engine finds the paths of
 * `ignoreChanges` in either.
 */
async function secretCredentials(credentials: SynchronizationTokenAcquisitionArgs["credentials"]): Promise<unknown> {
    const whole = pulumi.secret(pulumi.output<object>(credentials).apply(withHashKeyPlace));
    return (await isKnown(whole)) ? whole : secretValues(withHashKeyPlace(credentials));
}

/** `isKnown` is the SDK's own; an SDK without it would keep each value a secret of its own. */
async function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
    return (await Reflect.get(output, "isKnown")) === true;
}

function secretValues(credentials: unknown): unknown {
    if (isPlain(credentials)) {
        return Object.fromEntries(Object.entries(credentials).map(([key, value]) => [key, pulumi.secret(value)]));
    }
    if (Array.isArray(credentials)) {
        return credentials.map((credential: unknown) =>
            isPlain(credential) && "value" in credential
                ? { ...credential, value: pulumi.secret(credential.value) }
                : pulumi.secret(credential),
        );
    }
    return pulumi.secret(credentials);
}

function isPlain(value: unknown): value is Record<string, unknown> {
    return (
        value !== null &&
        typeof value === "object" &&
        !Array.isArray(value) &&
        !pulumi.Output.isInstance(value) &&
        !(value instanceof Promise)
    );
}
