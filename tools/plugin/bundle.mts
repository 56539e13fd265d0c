import { chmod, writeFile } from "node:fs/promises";
import { bundlePlugin } from "./bundling.mts";
import { licencesFile, pluginFile } from "./contents.mts";
import { licencesOf } from "./licences.mts";

/* The last part of `npm run build`: `dist/pulumi-resource-entrasync`, and the licences of what it holds. */
const files = await bundlePlugin({ write: true });
await chmod(pluginFile, 0o755);
await writeFile(licencesFile, licencesOf(files));
