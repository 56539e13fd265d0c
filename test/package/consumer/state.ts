/* What Pulumi's dynamic host does with the module that state names; for the compiler alone, as program.ts is. */
import type * as pulumi from "@pulumi/pulumi";
import * as runtime from "pulumi-entrasync/runtime";

export const provider: pulumi.dynamic.ResourceProvider = runtime;
