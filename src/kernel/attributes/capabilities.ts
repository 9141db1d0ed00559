/** Masks of capabilities in a record. */
import { capabilityNames } from '../../core/linux/capabilities.ts';
import { keepTexts } from '../../core/number-texts.ts';
import type { RecordView } from '../record-view.ts';

const EXACT_HIGH_WORD = 2 ** 21;
const textOfExact = keepTexts((mask) => textOf(BigInt(mask)));

/** The names of the capabilities in the 64-bit mask at `offset`, as a JSON array. */
export function capabilitiesText(view: RecordView, offset: number): string {
  return view.u32(offset + 4) < EXACT_HIGH_WORD ? textOfExact(view.u64(offset)) : textOf(view.bigU64(offset));
}

function textOf(mask: bigint): string {
  return JSON.stringify(capabilityNames(mask));
}
