/** An object file of programs and maps. */

import type { AddonObject } from './addon.ts';
import { BpfMap } from './bpf-map.ts';
import { type BpfLink, BpfProgram } from './bpf-program.ts';

/** An opened object: configure it, `load()`, attach, `close()`. */
export class BpfObject implements Disposable {
  /** By function name, in the order of the object. */
  readonly programs: ReadonlyMap<string, BpfProgram>;
  /** By name, in the order of the object. A section map goes by its section alone (`.rodata`, `.bss`). */
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly #object: AddonObject;
  readonly #links = new Set<BpfLink>();

  /** @internal Objects come from `openObject`. */
  constructor(object: AddonObject) {
    this.#object = object;
    this.programs = new Map(
      object.programs.map((program) => [program.name, new BpfProgram(program, this.#links)]),
    );
    this.maps = new Map(object.maps.map((map) => [sectionOf(map.name), new BpfMap(map)]));
  }

  /**
   * Creates the maps and loads the programs whose `autoload` is on. Once only.
   *
   * @throws {BpfError} With the errno of the first refusal and the end of the verifier's log.
   */
  load(): void {
    this.#object.load();
  }

  /** Detaches all links of its programs and frees maps and programs. May be called again, in any state. */
  close(): void {
    for (const link of [...this.#links]) {
      link.close();
    }
    for (const map of this.maps.values()) {
      map.close();
    }
    this.#object.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function sectionOf(name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 ? name.slice(dot) : name;
}
