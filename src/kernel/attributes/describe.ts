/** What each event type says. */
import type { EventType } from '../../core/event-types.ts';
import type { EventDescription } from './description.ts';
import { FILE_DESCRIPTIONS } from './file.ts';
import { NET_DESCRIPTIONS } from './net.ts';
import { PRIV_DESCRIPTIONS } from './priv.ts';
import { PROCESS_DESCRIPTIONS } from './process.ts';

/** By event type; a type that no kernel program reports has none. */
export const DESCRIPTIONS: Partial<Record<EventType, EventDescription>> = {
  ...PROCESS_DESCRIPTIONS,
  ...FILE_DESCRIPTIONS,
  ...NET_DESCRIPTIONS,
  ...PRIV_DESCRIPTIONS,
};
