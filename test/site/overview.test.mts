import { join } from "node:path";
import { test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { startPage } from "../../tools/site/navigation.mts";
import { withOverview } from "../../tools/site/overview.mts";
import { expectCurrent } from "../support/pages.mts";

const file = join(repositoryRoot, startPage);

test("the start page lists every page of the navigation; UPDATE_DOCS=1 writes the list", () => {
    expectCurrent(file, withOverview);
});
