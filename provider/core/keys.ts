/**
 * The keys of Graph's `synchronizationSecret` enumeration, v1.0, the same in every documented cloud.
 *
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationsecretkeystringvaluepair
 */
export const synchronizationSecretKeys = [
    "None",
    "UserName",
    "Password",
    "SecretToken",
    "AppKey",
    "BaseAddress",
    "ClientIdentifier",
    "ClientSecret",
    "SingleSignOnType",
    "Sandbox",
    "Url",
    "Domain",
    "ConsumerKey",
    "ConsumerSecret",
    "TokenKey",
    "TokenExpiration",
    "Oauth2AccessToken",
    "Oauth2AccessTokenCreationTime",
    "Oauth2RefreshToken",
    "SyncAll",
    "InstanceName",
    "Oauth2ClientId",
    "Oauth2ClientSecret",
    "CompanyId",
    "UpdateKeyOnSoftDelete",
    "SynchronizationSchedule",
    "SystemOfRecord",
    "SandboxName",
    "EnforceDomain",
    "SyncNotificationSettings",
    "SkipOutOfScopeDeletions",
    "Oauth2AuthorizationCode",
    "Oauth2RedirectUri",
    "ApplicationTemplateIdentifier",
    "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri",
    "AuthenticationType",
    "Server",
    "PerformInboundEntitlementGrants",
    "HardDeletesEnabled",
    "SyncAgentCompatibilityKey",
    "SyncAgentADContainer",
    "ValidateDomain",
    "TestReferences",
    "ConnectionString",
] as const;

/** A key of Graph's `synchronizationSecret` enumeration. */
export type SynchronizationSecretKey = (typeof synchronizationSecretKeys)[number];

const known: ReadonlySet<string> = new Set(synchronizationSecretKeys);

/** Whether Graph's enumeration has this key, spelled exactly so. */
export function isSynchronizationSecretKey(key: string): key is SynchronizationSecretKey {
    return known.has(key);
}

/**
 * The key whose value works just once, by OAuth's rule: sent twice, the second redemption is refused.
 */
export const oneTimeKey: SynchronizationSecretKey = "Oauth2AuthorizationCode";
