export {
    AuthenticationError,
    CancelledError,
    ConfigurationError,
    DeadlineError,
    EntrasyncError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    ThrottledError,
    UnreachableError,
    ValidationFailedError,
} from "./core/errors.js";
export type { SynchronizationSecretKey } from "./core/keys.js";
export { synchronizationSecretKeys } from "./core/keys.js";
export type {
    AcquisitionDrift,
    AcquisitionTimeouts,
    AcquisitionValidation,
    Credential,
    CredentialKey,
    CredentialMap,
    SynchronizationTokenAcquisitionArgs,
} from "./resource.js";
export { SynchronizationTokenAcquisition } from "./resource.js";
