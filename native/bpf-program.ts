/** Programs and the links that attach them. */

import type { AddonLink, AddonProgram } from './addon.ts';
import type { AttachSpec, ProgramStats, TestRunOptions, TestRunResult } from './specs.ts';

/** One program of an object. */
export class BpfProgram {
  readonly #program: AddonProgram;
  readonly #links: Set<BpfLink>;
  #target: string | undefined;

  /** @internal Programs come from an object, which closes `links` with itself. */
  constructor(program: AddonProgram, links: Set<BpfLink>) {
    this.#program = program;
    this.#links = links;
    const [, target] = /^(?:fentry|fexit)(?:\.s)?\/(.+)$/.exec(program.section) ?? [];
    this.#target = target;
  }

  /** The function's name in the object; the kernel keeps 15 bytes of it. */
  get name(): string {
    return this.#program.name;
  }

  /** The ELF section, such as `tp_btf/sys_enter`. */
  get section(): string {
    return this.#program.section;
  }

  /** As libbpf spells it: `tracing`, `xdp`, `raw_tracepoint`, ... */
  get type(): string {
    return this.#program.type;
  }

  /** Whether load() loads it; can be set before load. */
  get autoload(): boolean {
    return this.#program.autoload;
  }

  set autoload(isLoaded: boolean) {
    this.#program.autoload = isLoaded;
  }

  /** The file descriptor, owned by the object; fails with EBADF for a program that is not loaded. */
  get fd(): number {
    return this.#program.fd;
  }

  /** The kernel's id of the program. */
  id(): number {
    return this.#program.id();
  }

  /** Before load: the kernel function, hook or BTF tracepoint that a tracing program is for. */
  setAttachTarget(name: string): void {
    this.#program.setAttachTarget(name);
    this.#target = name;
  }

  /**
   * Attaches the loaded program; the link keeps it attached until it or the object is closed.
   *
   * @throws {BpfError} With the kernel's errno and libbpf's log.
   * @throws {TypeError} If the spec lacks what its kind needs.
   */
  attach(spec: AttachSpec): BpfLink {
    if (
      (spec.kind === 'fentry' || spec.kind === 'fexit') &&
      spec.function !== undefined &&
      spec.function !== this.#target
    ) {
      throw new TypeError(
        `Program ${this.name} is for ${this.#target}; name ${spec.function} by setAttachTarget() before load()`,
      );
    }
    const link = new BpfLink(this.#program.attach(spec), this.#links);
    this.#links.add(link);
    return link;
  }

  /** Runs the program in the kernel on the given input, attached or not. @throws {BpfError} ENOTSUPP if its type cannot. */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return this.#program.testRun(options.data, options.repeat ?? 0, options.context);
  }

  /** Run counters kept by the kernel. */
  stats(): ProgramStats {
    return this.#program.stats();
  }
}

/** An attachment. Dropping it does not detach; closing it, its object, or the environment's end does. */
export class BpfLink implements Disposable {
  readonly #link: AddonLink;
  readonly #siblings: Set<BpfLink>;

  /** @internal Links come from {@link BpfProgram.attach}. */
  constructor(link: AddonLink, siblings: Set<BpfLink>) {
    this.#link = link;
    this.#siblings = siblings;
  }

  /** The kernel's id of the link; undefined where an old kernel attaches through a perf event and has none. */
  id(): number | undefined {
    return this.#link.id();
  }

  /**
   * Runs an iterator to its end.
   *
   * @param maxBytes The most to take, 1 to 2^30.
   * @throws {BpfError} EFBIG if there is more; EINVAL or EBADF if the link is not an iterator's.
   */
  read(maxBytes: number): Uint8Array {
    return this.#link.read(maxBytes);
  }

  /** Detaches. May be called again. */
  close(): void {
    this.#siblings.delete(this);
    this.#link.close();
  }

  /** The same as {@link close}. */
  destroy(): void {
    this.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
