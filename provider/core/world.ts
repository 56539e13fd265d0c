import type { Clock } from "./clock.js";
import { type Deadline, describeMs } from "./deadline.js";
import { CancelledError, DeadlineError } from "./errors.js";
import type { ApiVersion, Credentials, ValidationTarget } from "./inputs.js";
import type { Target } from "./target.js";

/** What the lifecycle asks of Graph. Every method throws an error of `errors.ts` or returns. */
export interface Graph {
    /** Hands the credentials over; returns once Graph has accepted them. */
    acquireAccessToken(acquisition: Acquisition): Promise<Acquired>;
    /** Whether Graph still knows the target. */
    targetExists(look: Look): Promise<boolean>;
    /** The keys of the credentials that the provisioning service holds for the target. */
    secretKeys(look: Look): Promise<readonly string[]>;
    /** Asks Graph to try credentials out, those that the provisioning service holds or these. */
    validateCredentials(validation: Validation): Promise<Validity>;
}

/** One call of the action. */
export interface Acquisition {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
    /** Whether one of the credentials works just once. */
    readonly worksOnce: boolean;
    /** Whether the target may have been created a moment ago. */
    readonly mayBeNew: boolean;
    /** What tells this acquisition from another one with the same credentials: the triggers. */
    readonly occasion: string;
    readonly deadline: Deadline;
    /** Called when an attempt's answer was lost: from then on Graph may hold these credentials, however the call ends. */
    readonly onDoubt?: () => void;
}

/** A question about a target. */
export interface Look {
    readonly target: Target;
    readonly deadline: Deadline;
}

/** What to validate, and against what. */
export interface Validation extends Look {
    readonly against: ValidationTarget;
    /** Missing: those that the provisioning service holds. */
    readonly credentials?: Credentials;
    /** What no message may repeat, beside the credentials: the values that the service holds. */
    readonly hidden?: readonly string[];
    /** Whether the template or the job may have been created a moment ago. */
    readonly mayBeNew?: boolean;
}

/** Whether the application takes them; if not, what Graph says of it. */
export type Validity =
    | { readonly valid: true }
    | {
          readonly valid: false;
          readonly code: string | undefined;
          /** Graph's words; nothing of the credentials is in them. */
          readonly message: string;
          readonly requestId?: string | undefined;
      };

/** Graph's acceptance. */
export interface Acquired {
    /** Graph's request id; empty where Graph named none. */
    readonly requestId: string;
}

/** What the lifecycle needs of the world. */
export interface Surroundings {
    /** The cloud that the configuration names (`clouds.ts`); fails where it names none. No network. */
    cloud(): string;
    /** Graph in that cloud; loads what it takes to talk to it. */
    graph(): Promise<Graph>;
    /** Default: the system's. */
    readonly clock?: Clock;
    /** Aborted when the user cancels, where the face gets to know of it. */
    readonly cancelled?: AbortSignal;
    randomBytes(count: number): Uint8Array;
    /** What is good to know: what a plan means, what it waits for. */
    inform(message: string): void;
    /** What should not be overlooked. */
    warn(message: string): void;
}

/** Signing in is part of the operation's time. */
export function connect(surroundings: Surroundings, deadline: Deadline, tried: string): Promise<Graph> {
    return deadline.race(surroundings.graph(), () =>
        deadline.signal.aborted
            ? new DeadlineError(
                  `${tried}: not connected within ${describeMs(deadline.timeoutMs)}; nothing was sent. Run pulumi up again, or ` +
                      "give it longer in the resource's timeouts.",
              )
            : new CancelledError(`${tried}: cancelled; nothing was sent. Run pulumi up again when it is to go on.`),
    );
}
