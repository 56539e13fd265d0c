/**
 * Graph's enum `synchronizationSecret` (v1.0 metadata, the same in every documented cloud), and whether `GET …/secrets`
 * hides the value.
 *
 * Written out a second time on purpose: the emulator stands for Graph, so it must not learn from the client it is there
 * to test. That secret-typed keys are masked as `"*"` and that Domain, UserName and SyncNotificationSettings are not
 * has been seen. Which of the others Graph counts as secret is a guess; the guess here is: whatever would let its
 * holder sign in.
 */
const visibility = {
    None: "clear",
    UserName: "clear",
    Password: "masked",
    SecretToken: "masked",
    AppKey: "masked",
    BaseAddress: "clear",
    ClientIdentifier: "clear",
    ClientSecret: "masked",
    SingleSignOnType: "clear",
    Sandbox: "clear",
    Url: "clear",
    Domain: "clear",
    ConsumerKey: "clear",
    ConsumerSecret: "masked",
    TokenKey: "masked",
    TokenExpiration: "clear",
    Oauth2AccessToken: "masked",
    Oauth2AccessTokenCreationTime: "clear",
    Oauth2RefreshToken: "masked",
    SyncAll: "clear",
    InstanceName: "clear",
    Oauth2ClientId: "clear",
    Oauth2ClientSecret: "masked",
    CompanyId: "clear",
    UpdateKeyOnSoftDelete: "clear",
    SynchronizationSchedule: "clear",
    SystemOfRecord: "clear",
    SandboxName: "clear",
    EnforceDomain: "clear",
    SyncNotificationSettings: "clear",
    SkipOutOfScopeDeletions: "clear",
    Oauth2AuthorizationCode: "masked",
    Oauth2RedirectUri: "clear",
    ApplicationTemplateIdentifier: "clear",
    Oauth2TokenExchangeUri: "clear",
    Oauth2AuthorizationUri: "clear",
    AuthenticationType: "clear",
    Server: "clear",
    PerformInboundEntitlementGrants: "clear",
    HardDeletesEnabled: "clear",
    SyncAgentCompatibilityKey: "masked",
    SyncAgentADContainer: "clear",
    ValidateDomain: "clear",
    TestReferences: "clear",
    ConnectionString: "masked",
} as const;

/** Every key that Graph knows. */
export const knownSecretKeys: ReadonlySet<string> = new Set(Object.keys(visibility));

/** The keys whose value `GET …/synchronization/secrets` shows as `"*"`. */
export const maskedSecretKeys: ReadonlySet<string> = new Set(
    Object.entries(visibility).flatMap(([key, shown]) => (shown === "masked" ? [key] : [])),
);
