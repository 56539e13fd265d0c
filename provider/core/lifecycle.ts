/* The lifecycle of an acquisition, as a face uses it: each operation in a file of its own, this is their door. */
export { create, update } from "./acquisition.js";
export { check, derive } from "./check.js";
export { type Change, diff, type Plan } from "./plan.js";
export { describePlan, describeUnsent } from "./planWords.js";
export { importedOutputs, previewCreate, previewUpdate } from "./preview.js";
export { type Found, read } from "./read.js";
export { KeptInStateError, type Outputs, type Properties } from "./state.js";
export type { Acquired, Acquisition, Graph, Look, Surroundings, Validation, Validity } from "./world.js";
