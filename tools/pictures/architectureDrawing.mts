import { type Arrow, type Box, type Drawing, type Label, leftOf, type Point, rightOf, topOf } from "./drawing.mts";
import { type Edge, type Rooms, reduced } from "./rooms.mts";

/*
 * Two pictures in one: the processes of a `pulumi up` with what passes between them, and the rooms of the source with their
 * imports. Rooms, packages and arrows between rooms are those that the source has; their places are given here, and an
 * import that has no way in the picture is an error, so the picture can't keep silent about one.
 */

const width = 940;

/** What a room is for: the words in its box. */
const purposes: Readonly<Record<string, string>> = {
    index: "the public face",
    resource: "the dynamic resource",
    runtime: "by whose name state asks",
    plugin: "the provider, over gRPC",
    surroundings: "Graph, sign-in and time, for both faces",
    identity: "azuread's settings to a token",
    graph: "clouds, wire format, pacing, client",
    core: "inputs, fingerprint, plan, lifecycle, resend rule, errors: plain values, nothing of Pulumi or Azure",
    command: "pulumi-entrasync",
    commandLine: "arguments, help, completions",
    authorize: "a code in one command",
    doctor: "would it be allowed?",
    emulator: "a local Entra and Graph",
};

export function drawArchitecture(rooms: Rooms): Drawing {
    const runTime = drawRunTime();
    const source = drawSource(rooms, 458);
    return {
        width,
        height: 1136,
        title: "The architecture of pulumi-entrasync",
        description:
            "Above, the processes of a pulumi up: the program, Pulumi's engine, the host of dynamic providers or the plugin, " +
            "Microsoft Entra, Microsoft Graph, the provisioning service and the SaaS application. Below, the rooms of the " +
            "source and their imports.",
        boxes: [...runTime.boxes, ...source.boxes],
        arrows: [...runTime.arrows, ...source.arrows],
        labels: [...runTime.labels, ...source.labels],
    };
}

type Part = Pick<Drawing, "boxes" | "arrows" | "labels">;

function drawRunTime(): Part {
    const program = others("program", 24, 92, 190, 76, "Your program", ["any Pulumi language"]);
    const engine = others("engine", 314, 92, 170, 76, "Pulumi's engine", ["state, plan, secrets"]);
    const face = frame("face", 596, 46, 320, 168, "either");
    const host = ours("host", 612, 78, 288, 54, "Host of dynamic providers", [
        "in TypeScript: pulumi-entrasync/runtime",
    ]);
    const plugin = ours("pluginProcess", 612, 146, 288, 54, "Plugin", ["in every language: pulumi-resource-entrasync"]);
    const away = frame("away", 12, 282, 916, 132, "on your machine the emulator stands for all four");
    const saas = others("saas", 28, 322, 172, 72, "SaaS application", ["gives the token,", "gets its users"]);
    const service = others("service", 250, 322, 208, 72, "Provisioning service", [
        "acquires the token, keeps it,",
        "provisions users with it",
    ]);
    const graph = others("graphApi", 516, 322, 180, 72, "Microsoft Graph", ["acquireAccessToken"]);
    const entra = others("entra", 744, 322, 168, 72, "Microsoft Entra", ["signs in as azuread does"]);
    const middle = (box: Box) => box.x + box.width / 2;
    const down = (to: Box): Arrow => ({
        from: face.id,
        to: to.id,
        points: [
            [middle(to) + (to === graph ? 40 : 0), face.y + face.height],
            topOf(to, to === graph ? 0.5 + 40 / to.width : 0.5),
        ],
    });
    return {
        boxes: [face, away, program, engine, host, plugin, saas, service, graph, entra],
        arrows: [
            { from: program.id, to: engine.id, points: [rightOf(program), leftOf(engine)] },
            { from: engine.id, to: face.id, points: [rightOf(engine), [face.x, engine.y + engine.height / 2]] },
            down(graph),
            down(entra),
            { from: graph.id, to: service.id, points: [leftOf(graph), rightOf(service)] },
            { from: service.id, to: saas.id, points: [leftOf(service), rightOf(saas)] },
        ],
        labels: [
            heading(24, 30, "A pulumi up at run time"),
            label(264, 122, "resources", "middle"),
            label(540, 106, "check, diff,", "middle"),
            label(540, 121, "create, read …", "middle"),
            label(652, 246, "the credentials", undefined),
            label(836, 246, "a token", undefined),
        ],
    };
}

function drawSource({ rooms, imports }: Rooms, top: number): Part {
    const height = 94;
    const row = (index: number) => top + 42 + index * 126;
    const room = (name: string, x: number, index: number, boxWidth: number): Box => {
        const found = rooms.find((one) => one.name === name);
        const purpose = purposes[name];
        if (found === undefined || purpose === undefined) {
            throw new Error(`There is no room ${name}, or nobody has said what it is for.`);
        }
        const packages = found.packages.length === 0 ? [] : [found.packages.join(", ")];
        const lines = [purpose, ...packages].flatMap((text) => wrapped(text, (boxWidth - 12) / widthOfLetter));
        return ours(`room:${name}`, x, row(index), boxWidth, height, name, lines);
    };
    const [index, resource] = [room("index", 24, 0, 140), room("resource", 24, 1, 140)];
    const [runtime, plugin] = [room("runtime", 210, 0, 128), room("plugin", 358, 0, 170)];
    const [surroundings, identity, graph] = [
        room("surroundings", 210, 1, 318),
        room("identity", 210, 2, 318),
        room("graph", 210, 3, 318),
    ];
    const core = room("core", 24, 4, width - 48);
    const command = room("command", 574, 0, 342);
    const [authorize, doctor, emulator] = [
        room("authorize", 586, 1, 160),
        room("doctor", 586, 2, 160),
        room("emulator", 586, 3, 160),
    ];
    const commandLine = room("commandLine", 786, 2, 130);
    const commands = frame("commands", 574, row(1) - 10, 184, row(3) + height - row(1) + 20, "");
    const boxes = [
        commands,
        index,
        resource,
        runtime,
        plugin,
        surroundings,
        identity,
        graph,
        core,
        command,
        authorize,
        doctor,
        emulator,
        commandLine,
    ];
    const strangers = rooms.filter(({ name }) => !boxes.some(({ id }) => id === `room:${name}`));
    if (strangers.length > 0) {
        throw new Error(`The picture has no place for ${strangers.map(({ name }) => name).join(", ")}.`);
    }
    const straightDown = (from: Box, to: Box, x: number): Point[] => [
        [x, from.y + from.height],
        [x, to.y],
    ];
    const middle = (box: Box) => box.x + box.width / 2;
    const between = (resource.x + resource.width + runtime.x) / 2;
    const arrows: readonly Arrow[] = [
        arrow(index, resource, straightDown(index, resource, middle(index))),
        arrow(resource, core, straightDown(resource, core, middle(resource))),
        arrow(runtime, surroundings, straightDown(runtime, surroundings, middle(runtime))),
        arrow(plugin, surroundings, straightDown(plugin, surroundings, middle(plugin))),
        arrow(surroundings, identity, straightDown(surroundings, identity, middle(identity))),
        arrow(identity, graph, straightDown(identity, graph, middle(graph))),
        arrow(graph, core, straightDown(graph, core, middle(graph))),
        arrow(command, commands, straightDown(command, commands, middle(commands))),
        arrow(commands, commandLine, [[commands.x + commands.width, middleY(commandLine)], leftOf(commandLine)]),
        arrow(doctor, identity, [leftOf(doctor), rightOf(identity)]),
        arrow(emulator, graph, [leftOf(emulator), rightOf(graph)]),
        arrow(commandLine, core, straightDown(commandLine, core, middle(commandLine))),
    ];
    const members: Readonly<Record<string, readonly Box[]>> = { commands: [authorize, doctor, emulator] };
    const roomsOf = (id: string) => (members[id] ?? [{ id }]).map((one) => one.id.replace("room:", ""));
    const shown = arrows.flatMap(({ from, to }) =>
        roomsOf(from).flatMap((one) => roomsOf(to).map((other): Edge => ({ from: one, to: other }))),
    );
    requireSame(shown, reduced(imports));
    return {
        boxes,
        arrows: [
            ...arrows,
            // No import: the text in state names the runtime, and Pulumi's host asks for it by that name.
            {
                ...arrow(resource, runtime, [
                    rightOf(resource),
                    [between, middleY(resource)],
                    [between, middleY(runtime)],
                    leftOf(runtime),
                ]),
                isDashed: true,
            },
        ],
        labels: [
            heading(24, top + 16, "The rooms of the source, and who imports whom"),
            label(between - 6, row(0) + height + 20, "by name", "end"),
            note(
                24,
                row(4) + height + 24,
                "An arrow is an import; one that follows from others is left out. Dashed: by a name that state holds. In each box: the packages that it needs.",
            ),
        ],
    };
}

/** Each import that does not follow from others has its arrow, and each arrow is such an import. */
function requireSame(shown: readonly Edge[], needed: readonly Edge[]): void {
    const names = (edges: readonly Edge[]) => edges.map(({ from, to }) => `${from} → ${to}`);
    const missing = names(needed).filter((one) => !names(shown).includes(one));
    const surplus = names(shown).filter((one) => !names(needed).includes(one));
    if (missing.length > 0 || surplus.length > 0) {
        throw new Error(
            `The picture's arrows are not the source's imports. Missing: ${missing.join(", ") || "none"}. Too many: ${surplus.join(", ") || "none"}.`,
        );
    }
}

/** Of the small letters, on average and with room to spare. */
const widthOfLetter = 6.4;

function wrapped(text: string, letters: number): readonly string[] {
    const lines: string[] = [""];
    for (const word of text.split(" ")) {
        const last = lines.at(-1) ?? "";
        if (last !== "" && last.length + 1 + word.length > letters) {
            lines.push(word);
        } else {
            lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
        }
    }
    return lines;
}

function arrow(from: Box, to: Box, points: readonly Point[]): Arrow {
    return { from: from.id, to: to.id, points };
}

function middleY({ y, height }: Box): number {
    return y + height / 2;
}

function ours(
    id: string,
    x: number,
    y: number,
    boxWidth: number,
    height: number,
    title: string,
    lines: readonly string[],
): Box {
    return { id, x, y, width: boxWidth, height, title, lines, kind: "ours" };
}

function others(
    id: string,
    x: number,
    y: number,
    boxWidth: number,
    height: number,
    title: string,
    lines: readonly string[],
): Box {
    return { id, x, y, width: boxWidth, height, title, lines, kind: "others" };
}

function frame(id: string, x: number, y: number, boxWidth: number, height: number, title: string): Box {
    return { id, x, y, width: boxWidth, height, title, lines: [], kind: "frame" };
}

function heading(x: number, y: number, text: string): Label {
    return { x, y, text, kind: "heading" };
}

function note(x: number, y: number, text: string): Label {
    return { x, y, text, kind: "note" };
}

function label(x: number, y: number, text: string, anchor: Label["anchor"]): Label {
    return { x, y, text, kind: "label", ...(anchor === undefined ? {} : { anchor }) };
}
