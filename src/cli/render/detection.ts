/** A detection for people: the event on a line, and below it how unusual it is and why. */
import type { ModelDetection } from '../../core/detection.ts';
import { EnvelopeEvent } from '../../core/envelope-event.ts';
import { parseEnvelope } from '../../core/envelope-json.ts';
import { escapeControls } from '../../core/terminal-text.ts';
import { type CompactOptions, makeCompactRenderer } from './compact.ts';
import { cutEnd } from './text-width.ts';

const RESET = '\x1b[0m';
const STYLE = { dim: '\x1b[2m', alarm: '\x1b[1;31m' } as const;
const WORD = 'UNUSUAL ';
const INDENT = ' '.repeat(WORD.length);
const SHOWN_REASONS = 4;
const MIN_COLUMNS = 64;

/**
 * Renders detections, several lines each, none longer than the terminal is wide.
 *
 * @returns Lines without the last newline; no unescaped character from the event.
 */
export function makeDetectionRenderer(options: CompactOptions): (detection: ModelDetection) => string {
  const columns = () => Math.max(MIN_COLUMNS, options.columns());
  const renderEvent = makeCompactRenderer({ ...options, columns: () => columns() - WORD.length });
  const paint = (style: string, text: string) => (options.isColoured ? `${style}${text}${RESET}` : text);
  const below = (text: string) => `${INDENT}${cutEnd(escapeControls(text), columns() - INDENT.length)}`;
  return (detection) => {
    const event = new EnvelopeEvent(parseEnvelope(Buffer.from(detection.eventJson, 'utf8')));
    return [
      `${paint(STYLE.alarm, WORD)}${renderEvent(event)}`,
      ...reasonsOf(detection).map((reason) => below(`· ${reason}`)),
      paint(STYLE.dim, below(degreeOf(detection))),
    ].join('\n');
  };
}

/** Each once: two features may say the same. A model of sequences has no features, and its reason is the title. */
function reasonsOf({ contributions, title }: ModelDetection): string[] {
  const reasons = new Set(contributions.map(({ text }) => text));
  return reasons.size === 0 ? [title.replace(/^Unusual [a-z]+: /, '')] : [...reasons].slice(0, SHOWN_REASONS);
}

/** `p=0.0066, loda 5.213 ≥ 4.91`, or for several models the p-value of each. */
function degreeOf({ model, models, pvalue, score, threshold }: ModelDetection): string {
  const words =
    models.length === 0
      ? [`${model} ${short(score)} ≥ ${short(threshold)}`]
      : [...models]
          .sort((a, b) => a.pvalue - b.pvalue)
          .map((each) => `${each.model} p=${short(each.pvalue)}`);
  return [`p=${short(pvalue)}`, ...words].join(', ');
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
