// Prints what knip found, and how many files it looked at, as one JSON object.
import { relative } from 'node:path';

/** Called by knip with all that it knows. */
export default function report({ issues, counters, configurationHints, cwd }) {
  const problems = Object.entries(issues).flatMap(([kind, byFile]) =>
    Object.values(byFile).flatMap((bySymbol) =>
      Object.values(bySymbol).map(
        ({ filePath, line, symbol }) =>
          `${relative(cwd, filePath)}${line ? `:${line}` : ''}: ${kind === 'files' ? 'the file' : symbol} (${kind})`,
      ),
    ),
  );
  const hints = [...configurationHints].map((hint) => `knip.json: ${JSON.stringify(hint)}`);
  process.stdout.write(JSON.stringify({ processed: counters.processed, problems: [...problems, ...hints] }));
}
