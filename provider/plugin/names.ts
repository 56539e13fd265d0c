/** The package's name in Pulumi: of the plugin, the configuration's namespace, and the first part of every token. */
export const packageName = "entrasync";

/** The resource's type. It stands in state, so it never changes. */
export const resourceType = "entrasync:index:SynchronizationTokenAcquisition";

/** The type of the same resource as the dynamic face has it: a program may go from that one to this one. */
export const dynamicType = "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition";

export const functionNames = {
    getSynchronizationSecretKeys: "entrasync:index:getSynchronizationSecretKeys",
    validateCredentials: "entrasync:index:validateCredentials",
} as const;
