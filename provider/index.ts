export {
    AuthenticationError,
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
} from "./core/errors.js";
export { type SynchronizationSecretKey, synchronizationSecretKeys } from "./core/keys.js";
export {
    type AcquisitionTimeouts,
    type Credential,
    type CredentialKey,
    type CredentialMap,
    SynchronizationTokenAcquisition,
    type SynchronizationTokenAcquisitionArgs,
} from "./resource.js";
