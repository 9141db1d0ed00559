/** One line for each event on a terminal: time, event, user, process ← parent, what, result. */
import type { Event } from '../../core/event.ts';
import type { EventType } from '../../core/event-types.ts';
import { errnoText } from '../../core/linux/errno.ts';
import { escapeControls } from '../../core/terminal-text.ts';
import { describeEvent, type Piece } from './describe-event.ts';
import { cutEnd, cutMiddle, padTo, textWidth } from './text-width.ts';

/** How lines are drawn. */
export interface CompactOptions {
  readonly isColoured: boolean;
  /** Width of the terminal, asked for with every line so that a resize counts. At least 64 are used. */
  readonly columns: () => number;
  /** Minutes that local time is ahead of UTC at a moment; the system's zone unless given. */
  readonly zoneMinutes?: (unixMs: number) => number;
}

/** Renders one event; no newline, no unescaped character from the event. Keeps nothing of it. */
export type CompactRenderer = (event: Event) => string;

const RESET = '\x1b[0m';
const STYLE = {
  dim: '\x1b[2m',
  bold: '\x1b[1m',
  bad: '\x1b[31m',
  badBold: '\x1b[1;31m',
  container: '\x1b[34m',
} as const;

const FAMILY_COLOURS: Readonly<Record<string, string>> = {
  process: '\x1b[32m',
  file: '\x1b[36m',
  fs: '\x1b[34m',
  net: '\x1b[33m',
  dns: '\x1b[33m',
  priv: '\x1b[35m',
  sys: '\x1b[37m',
  agent: '\x1b[90m',
};

const MIN_COLUMNS = 64;
const MIN_WHAT_COLUMNS = 12;
const WIDE_COLUMNS = 120;
const NARROW_COLUMNS = 80;
const CONTAINER_ID_CHARS = 12; // as the runtimes' own tools show it

interface Layout {
  readonly time: number;
  /** 16 hold the longest name, priv_module_load; 12 hold it without its family. */
  readonly event: number;
  readonly user: number;
  readonly process: number;
}

/** The renderer for one terminal. */
export function makeCompactRenderer(options: CompactOptions): CompactRenderer {
  const zoneMinutes = options.zoneMinutes ?? ((unixMs) => -new Date(unixMs).getTimezoneOffset());
  const paint = options.isColoured
    ? (style: string, text: string) => (text === '' ? '' : `${style}${text}${RESET}`)
    : (_: string, text: string) => text;
  return (event) => {
    const columns = Math.max(MIN_COLUMNS, options.columns());
    const layout = layoutFor(columns);
    const attributes = new Map<string, string>();
    event.visitAttributes((name, value) => {
      attributes.set(name, value);
    });
    const time = timeText(event.timeUnixNs, zoneMinutes).slice(0, layout.time);
    const user =
      layout.user === 0
        ? ''
        : `${padTo(safe(attributes.get('user.name') ?? String(event.uid)), layout.user)} `;
    const left =
      `${paint(STYLE.dim, time)} ${eventName(event.type, layout.event, paint)} ${paint(STYLE.dim, user)}` +
      `${processText(event, attributes, layout.process, paint)} `;
    const used =
      layout.time + 1 + layout.event + 1 + (layout.user === 0 ? 0 : layout.user + 1) + layout.process + 1;
    const result = resultText(attributes, columns);
    const id = event.containerId === '' ? '' : `⬢ ${safe(event.containerId.slice(0, CONTAINER_ID_CHARS))}`;
    const room = columns - used - widthWithGap(result);
    const container = room - widthWithGap(id) < MIN_WHAT_COLUMNS ? '' : id;
    const spare = room - widthWithGap(container);
    const pieces = describeEvent(event, attributes).filter((piece) => piece.text !== '');
    const what = fitPieces(pieces, Math.max(MIN_WHAT_COLUMNS, spare))
      .map((piece) => paintPiece(piece, event.type, result !== '', paint))
      .join(' ');
    const end = [what, paint(STYLE.badBold, result), paint(STYLE.container, container)].filter(
      (part) => part !== '',
    );
    return left + end.join(' ');
  };
}

function layoutFor(columns: number): Layout {
  if (columns >= WIDE_COLUMNS) {
    return { time: 12, event: 16, user: 8, process: 32 };
  }
  return columns > NARROW_COLUMNS
    ? { time: 8, event: 16, user: 0, process: 24 }
    : { time: 8, event: 12, user: 0, process: 20 };
}

type Paint = (style: string, text: string) => string;

function eventName(type: EventType, columns: number, paint: Paint): string {
  const split = type.indexOf('_');
  const name = type.length <= 12 || columns >= 16 ? type : type.slice(split + 1);
  return (
    paint(FAMILY_COLOURS[type.slice(0, split)] ?? '', name) + ' '.repeat(Math.max(0, columns - name.length))
  );
}

/** `bash[1234] ← sshd`, exactly `columns` wide; of too long names the parent's gives way first. */
function processText(
  event: Event,
  attributes: ReadonlyMap<string, string>,
  columns: number,
  paint: Paint,
): string {
  const pid = `[${event.pid}]`;
  const name = cutEnd(safe(event.comm), Math.max(1, columns - pid.length));
  const own = textWidth(name) + pid.length;
  const parentName = safe(attributes.get('process.parent.name') ?? '');
  const room = columns - own - 3;
  const parent = parentName === '' || room < 3 ? '' : ` ← ${cutEnd(parentName, room)}`;
  return (
    paint(STYLE.bold, name) +
    paint(STYLE.dim, pid + parent) +
    ' '.repeat(Math.max(0, columns - own - textWidth(parent)))
  );
}

function resultText(attributes: ReadonlyMap<string, string>, columns: number): string {
  if (attributes.get('event.outcome') !== 'failure') {
    return '';
  }
  const code = safe(attributes.get('error.code') ?? 'failed');
  const text = columns < WIDE_COLUMNS ? undefined : errnoText(code);
  return text === undefined ? `✗ ${code}` : `✗ ${code} ${text}`;
}

function widthWithGap(text: string): number {
  return text === '' ? 0 : textWidth(text) + 1;
}

/** The pieces in `columns`: notes go, the last one first, then paths lose their middle and texts their end. */
function fitPieces(pieces: readonly Piece[], columns: number): Piece[] {
  const kept = [...pieces];
  for (let index = kept.length - 1; index >= 0 && widthOf(kept) > columns; index--) {
    const piece = kept[index];
    if (piece?.role === 'note' && textWidth(piece.text) > 1) {
      kept.splice(index, 1); // arrows stay: they say which way
    }
  }
  if (widthOf(kept) <= columns) {
    return kept;
  }
  let spare = columns - Math.max(0, kept.length - 1);
  const widths = kept.map((piece) => textWidth(piece.text));
  const order = widths.map((_, index) => index).sort((a, b) => (widths[a] ?? 0) - (widths[b] ?? 0));
  const fitted = [...kept];
  order.forEach((index, position) => {
    const piece = kept[index];
    if (piece !== undefined) {
      const share = Math.max(1, Math.floor(spare / (order.length - position)));
      const text = piece.role === 'path' ? cutMiddle(piece.text, share) : cutEnd(piece.text, share);
      fitted[index] = { ...piece, text };
      spare -= textWidth(text);
    }
  });
  return fitted;
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + textWidth(piece.text), Math.max(0, pieces.length - 1));
}

function paintPiece({ text, role }: Piece, type: EventType, isFailure: boolean, paint: Paint): string {
  switch (role) {
    case 'note':
      return paint(STYLE.dim, text);
    case 'bad':
      return paint(STYLE.bad, text);
    default:
      return isFailure
        ? paint(STYLE.bad, text)
        : type === 'process_exec' && role === 'path'
          ? paint(STYLE.bold, text)
          : text;
  }
}

function timeText(unixNs: bigint, zoneMinutes: (unixMs: number) => number): string {
  const unixMs = Number(unixNs / 1_000_000n);
  const local = new Date(unixMs + zoneMinutes(unixMs) * 60_000);
  return Number.isNaN(local.getTime()) ? '--:--:--.---' : local.toISOString().slice(-13, -1);
}

function safe(text: string): string {
  return escapeControls(text.slice(0, 256));
}
