/** A detection for people: a line, and below it why. */
import type { ModelDetection } from '../../core/detection.ts';
import { escapeControls } from '../../core/terminal-text.ts';

const RESET = '\x1b[0m';
const STYLE = { dim: '\x1b[2m', bold: '\x1b[1m', alarm: '\x1b[1;31m' } as const;
const SHOWN_REASONS = 3;
const NS_PER_MS = 1_000_000n;

/** @param isColoured With terminal colours. */
export function makeDetectionRenderer(isColoured: boolean): (detection: ModelDetection) => string {
  const paint = (style: string, text: string) => (isColoured ? `${style}${text}${RESET}` : text);
  return (detection) => {
    const time = new Date(Number(detection.timeUnixNs / NS_PER_MS)).toISOString().slice(11, 23);
    const who = processOf(detection.eventJson);
    const reasons = detection.contributions.slice(0, SHOWN_REASONS).map(({ text }) => escapeControls(text));
    return [
      `${paint(STYLE.dim, time)} ${paint(STYLE.alarm, 'UNUSUAL')} ${paint(STYLE.bold, escapeControls(detection.title))}`,
      `             ${who}  p=${detection.pvalue.toPrecision(2)}  ${detection.model} ${detection.score.toPrecision(4)} ≥ ${detection.threshold.toPrecision(4)}`,
      ...reasons.map((reason) => `             ${paint(STYLE.dim, `· ${reason}`)}`),
    ].join('\n');
  };
}

/** `file_open /etc/shadow by cat[12]`. */
function processOf(eventJson: string): string {
  const event = JSON.parse(eventJson) as { event_type: string; data: string[] }; // encodeEvent() wrote it
  const [object = '', , comm = '', pid = ''] = event.data;
  return escapeControls(`${event.event_type} ${object.slice(0, 120)} by ${comm}[${pid}]`);
}
