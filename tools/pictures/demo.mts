/*
 * Runs the demo on a terminal of 100 columns, records it with its timing, and writes docs/images/demo.svg, which moves, and
 * docs/images/demo.png, one moment of it. What runs is what `npm run demo` runs once it has built. test/pictures holds that
 * the pictures still show what the demo does.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { animatedSvg, columns, normalised, pngOf, stillSvg } from "./demoDrawing.mts";
import { linesOf, record } from "./recording.mts";

const lines = normalised(linesOf(await record([process.execPath, "tools/demo/demo.mts"], repositoryRoot, columns)));
const images = join(repositoryRoot, "docs/images");
writeFileSync(join(images, "demo.svg"), animatedSvg(lines));

/** The first up, with what Entra and Graph received of it. */
const still = stillSvg(lines, (text) => text.startsWith("    That is 1 acquisition"));
writeFileSync(join(images, "demo.png"), pngOf(still));
