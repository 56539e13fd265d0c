/** What an error code of Entra's sign-in means for somebody who runs a pipeline, and what to do about it. */
const meanings: Readonly<Record<string, string>> = {
    AADSTS50034: "the user does not exist in this tenant",
    AADSTS50057: "the account is disabled",
    AADSTS50076: "multi-factor authentication is wanted: sign in again, interactively",
    AADSTS50173: "the sign-in was revoked, after a new password for example: sign in again",
    AADSTS53003: "a Conditional Access policy blocks this sign-in: ask whoever owns the policy",
    AADSTS65001: "consent is missing: an administrator must grant the application's permissions",
    AADSTS70021:
        "no federated credential of the application matches the identity token: compare issuer, subject and audience",
    AADSTS70025: "the application has no federated credentials: add one for the identity token's issuer and subject",
    AADSTS70043: "the sign-in is too old for a Conditional Access policy: sign in again",
    AADSTS700082: "the sign-in has expired for want of use: sign in again",
    AADSTS90002: "there is no such tenant in this cloud: check tenantId, and that environment is the tenant's cloud",
    AADSTS500011: "the tenant has no service principal for this Graph: check that environment is the tenant's cloud",
    AADSTS700016:
        "there is no such application in this tenant: check clientId and tenantId, and that the application has a service principal there",
    AADSTS700024:
        "the identity token, or the assertion, is outside its time: check the clock, or get a new token for the job",
    AADSTS700027:
        "the certificate's signature is not valid: check that this certificate is uploaded to the application and has not expired",
    AADSTS700211: "no federated credential of the application has the identity token's issuer",
    AADSTS700212: "no federated credential of the application has the identity token's audience",
    AADSTS700213:
        "no federated credential of the application has the identity token's subject: compare branch, environment or service account",
    AADSTS700223: "a policy of the tenant blocks federated credentials: ask whoever administers it",
    AADSTS700238: "a policy of the tenant blocks federated credentials: ask whoever administers it",
    AADSTS900023: "the tenant id is not one: check tenantId",
    AADSTS7000229:
        "the application has no service principal in this tenant: create one (az ad sp create), or check tenantId",
    AADSTS7000112: "the application is disabled in this tenant",
    AADSTS7000215: "the client secret is wrong: give the secret's value, not its id",
    AADSTS7000222: "the client secret has expired: make a new one",
};

/** Entra's error code in a message, and its meaning where it is one of the usual ones. */
export function readEntraError(
    message: string,
): { readonly code: string; readonly meaning: string | undefined } | undefined {
    const code = /AADSTS\d+/.exec(message)?.[0];
    return code === undefined ? undefined : { code, meaning: meanings[code] };
}

/** The codes whose meaning is known; the documentation lists them. */
export const knownEntraErrors: Readonly<Record<string, string>> = meanings;
