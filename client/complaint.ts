// One line on stderr when something failed and nobody else will hear of it. A loop that fails must not flood the log.

const linesPerSecondMax = 1;
const lineCharactersMax = 500;

let quietUntilMs = 0;
let leftOut = 0;

export function complain(text: string): void {
  const now = performance.now();
  if (now < quietUntilMs) {
    leftOut += 1;
    return;
  }
  const more = leftOut === 0 ? "" : ` (and ${leftOut} more lines like it)`;
  leftOut = 0;
  quietUntilMs = now + 1_000 / linesPerSecondMax;
  process.stderr.write(`vamp-node-client: ${text.replaceAll("\n", " ").slice(0, lineCharactersMax)}${more}\n`);
}
