/* Writes docs/images/architecture.svg. test/pictures holds that it is current. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { drawArchitecture } from "./architectureDrawing.mts";
import { svgOf } from "./drawing.mts";
import { readRooms } from "./rooms.mts";

writeFileSync(join(repositoryRoot, "docs/images/architecture.svg"), svgOf(drawArchitecture(readRooms())));
