// The chain of causes around an event or a run, as a tree: each line below what set it off, what was asked for is marked.
import { serialised } from "../format.ts";
import { tookText } from "../run-text.ts";
import type { Session } from "../session.ts";
import type { TraceNode } from "../views.ts";

/** Lines that are deeper stand where these do, with their depth: chains of causes are longer than terminals are wide. */
const depthIndentedMax = 8;

export async function trace(session: Session, id: string, { json }: { json: boolean }): Promise<void> {
  const tree = await session.api.trace(id);
  if (json) return session.print(serialised(tree, "json"));
  session.print(`${treeLines(tree.root, tree.asked).join("\n")}\n`);
  if (tree.cut) session.say("the tree is larger than is shown; trace one of its last ids to see what is below it");
}

function treeLines(node: TraceNode, asked: string, depth = 1): string[] {
  const children: readonly TraceNode[] = node.kind === "event" ? [...node.runs, ...(node.replays ?? [])] : node.events;
  const below = children.map((child) => treeLines(child, asked, depth + 1));
  if (node.cut) below.push(["…"]);
  const indented = below.flatMap((lines, index) => {
    if (depth >= depthIndentedMax) return lines;
    const [first, rest] = index === below.length - 1 ? ["└─", "  "] : ["├─", "│ "];
    return lines.map((line, number) => `${number === 0 ? first : rest} ${line}`);
  });
  const deep = depth > depthIndentedMax ? `${depth}: ` : "";
  return [`${deep}${node.id === asked ? "* " : ""}${nodeText(node)}`, ...indented];
}

function nodeText(node: TraceNode): string {
  switch (node.kind) {
    case "event":
      return ["event", node.id, node.type, node.source, node.timestamp].join("  ");
    case "run": {
      const { id, workflow, state, attempt, startedAt, queuedAt } = node;
      const again = attempt > 1 ? [`attempt ${attempt}`] : [];
      return ["run", id, workflow, state, ...again, startedAt ?? queuedAt ?? "-", tookText(node)].join("  ");
    }
  }
}
