/* `npm run reference`: writes docs/reference.md. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { createReference } from "./page.mts";

writeFileSync(resolve(repositoryRoot, "docs/reference.md"), await createReference());
