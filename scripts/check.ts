/** Runs every gate (`make check`), or those named; ends with 1 when one fails. Usage: check.ts [GATE...] */
import type { Gate, GateResult } from './gates/run.ts';
import { clangFormatGate, lengthGate, readmeGate, shellGate } from './gates/text.ts';
import { biomeGate, deadCodeGate, layersGate, typesGate } from './gates/typescript.ts';

const GATES: readonly Gate[] = [
  biomeGate,
  typesGate,
  layersGate,
  deadCodeGate,
  clangFormatGate,
  shellGate,
  lengthGate,
  readmeGate,
];
const MAX_SHOWN = 60;

function verdictOf({ looked, unit, problems, absent }: GateResult): string {
  if (looked === 0) {
    return `FAILED: looked at no ${unit}`;
  }
  if (problems.length > 0) {
    return `FAILED (${looked} ${unit})`;
  }
  return absent === undefined ? `ok (${looked} ${unit})` : `not run here: ${absent} (${looked} ${unit})`;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !GATES.some((gate) => gate.name === name));
if (unknown.length > 0) {
  throw new TypeError(`no gate ${unknown.join(', ')}; there are ${GATES.map(({ name }) => name).join(', ')}`);
}
let failed = 0;
for (const gate of GATES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const startMs = performance.now();
  const result = await gate.run();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${gate.name.padEnd(13)} ${verdictOf(result)} ${seconds} s`);
  for (const line of result.problems.slice(0, MAX_SHOWN)) {
    console.log(`  ${line}`);
  }
  if (result.problems.length > MAX_SHOWN) {
    console.log(`  and ${result.problems.length - MAX_SHOWN} more lines`);
  }
  failed += result.looked === 0 || result.problems.length > 0 ? 1 : 0;
}
process.exitCode = failed === 0 ? 0 : 1;
