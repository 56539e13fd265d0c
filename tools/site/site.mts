/* `npm run site`: the documentation as static HTML in build/site. `-- --base /PATH/` is for a server that has it below a path. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { repositoryRoot } from "../engine/repository.mts";
import { buildSite } from "./build.mts";

const { base } = parseArgs({ options: { base: { type: "string", default: "/" } } }).values;
const out = resolve(repositoryRoot, "build/site");
const { pages, problems } = buildSite({ root: repositoryRoot, out, base });
for (const problem of problems) {
    console.error(problem);
}
console.log(`${pages.length} pages in build/site`);
if (problems.length > 0) {
    console.error(`The site has ${problems.length} ${problems.length === 1 ? "fault" : "faults"}: see above.`);
    process.exitCode = 1;
}
