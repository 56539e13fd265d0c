import { version } from "../package.json";
import { serve } from "./plugin/main.js";

/* What the engine starts. Bundled to one file: `tools/plugin/bundle.mts`. */
serve(version, process.argv.slice(2));
