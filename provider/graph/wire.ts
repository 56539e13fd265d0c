/**
 * What goes over the wire to and from Microsoft Graph, as Graph's own pages and metadata write it.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronization-acquireaccesstoken
 */

export type { TargetKind } from "../core/target.js";

/** The type name that each pair of the action's body carries. Graph's documentation writes it without the leading `#`. */
export const synchronizationSecretODataType = "microsoft.graph.synchronizationSecretKeyStringValuePair";

/** One credential as Graph takes it. */
export interface SynchronizationSecretKeyStringValuePair {
    readonly "@odata.type"?: string;
    readonly key: string;
    readonly value: string;
}

/** The body of `POST …/synchronization/acquireAccessToken`. */
export interface AcquireAccessTokenBody {
    readonly credentials: readonly SynchronizationSecretKeyStringValuePair[];
}

/** Graph's error body. Anything may be missing in a real answer: read it as `unknown`. */
export interface GraphErrorBody {
    readonly error: {
        readonly code: string;
        readonly message: string;
        readonly innerError?: {
            readonly date?: string;
            readonly "request-id"?: string;
            readonly "client-request-id"?: string;
        };
    };
}

/** The version of the metadata endpoint that azuread asks for, and so we do. */
export const metadataApiVersion = "2022-09-01";
