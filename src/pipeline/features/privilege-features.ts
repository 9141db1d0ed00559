/** Privileged calls: what is asked for, by whom, of whom. */
import type { Event } from '../../core/event.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import type { FeatureBlock } from './feature-block.ts';
import { share, shown, shownProgram } from './shown-text.ts';
import type { Subject } from './subject.ts';
import { hashPair } from './text-hash.ts';

const EVERYTHING = 7;

/** Surprisal (nats) of the call, of what it asks for the program and the reverse, of the target, of the parent. */
export class PrivilegeFeatures implements FeatureBlock {
  readonly features = [
    'call',
    'program_request',
    'request_program',
    'program_target',
    'parent_program',
    'becomes_root',
  ] as const;
  readonly counts: readonly ConditionalCounts[];
  readonly #calls: ConditionalCounts;
  readonly #requests: ConditionalCounts;
  readonly #requesters: ConditionalCounts;
  readonly #targets: ConditionalCounts;
  readonly #children: ConditionalCounts;
  readonly #call = new CountQuery();
  readonly #request = new CountQuery();
  readonly #requester = new CountQuery();
  readonly #target = new CountQuery();
  readonly #child = new CountQuery();
  #parent: string | undefined;
  #targetName: string | undefined;

  constructor(clock: DecayClock) {
    this.#calls = new ConditionalCounts(clock, 512, 8);
    this.#requests = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.#requesters = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.#targets = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.#children = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.counts = [this.#calls, this.#requests, this.#requesters, this.#targets, this.#children];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    const { programHash, typeHash } = subject;
    const call = subject.type === 'sys_call' ? hashPair(typeHash, subject.hash(event.object)) : typeHash;
    const request = hashPair(typeHash, subject.hash(requestOf(event)));
    this.#calls.look(this.#call, EVERYTHING, call);
    this.#requests.look(this.#request, hashPair(programHash, typeHash), request);
    this.#requesters.look(this.#requester, request, programHash);
    out[at] = this.#call.surprisal;
    out[at + 1] = this.#request.surprisal;
    out[at + 2] = this.#requester.surprisal;
    this.#targetName = targetOf(event);
    if (this.#targetName === undefined) {
      out[at + 3] = Number.NaN;
    } else {
      this.#targets.look(this.#target, hashPair(programHash, typeHash), subject.hash(this.#targetName));
      out[at + 3] = this.#target.surprisal;
    }
    this.#parent = subject.ofProcess(event, 'process.parent.executable');
    if (this.#parent === undefined) {
      out[at + 4] = Number.NaN;
    } else {
      this.#children.look(this.#child, subject.hash(this.#parent), programHash);
      out[at + 4] = this.#child.surprisal;
    }
    const setsUser = subject.type === 'priv_setuid' || subject.type === 'priv_setgid';
    out[at + 5] = setsUser && event.object === '0' ? 1 : 0;
    subject.isNovel = this.#request.isNew;
  }

  learn(): void {
    this.#calls.learn(this.#call);
    this.#requests.learn(this.#request);
    this.#requesters.learn(this.#requester);
    if (this.#targetName !== undefined) {
      this.#targets.learn(this.#target);
    }
    if (this.#parent !== undefined) {
      this.#children.learn(this.#child);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    const program = shownProgram(subject.program);
    const what = `${event.type} ${shown(requestOf(event))}`;
    switch (this.features[index]) {
      case 'call':
        return this.#call.isNew
          ? `first ${event.type} on this host`
          : `${event.type}: ${share(this.#call)} privileged calls`;
      case 'program_request':
        return this.#request.isNew
          ? `first ${what} by ${program}`
          : `${program} asks for ${what} in ${share(this.#request)} such calls`;
      case 'request_program':
        return this.#requester.isNew
          ? `first time that ${program} is behind ${what}`
          : `${program} is behind ${share(this.#requester)} of ${what}`;
      case 'program_target':
        if (this.#targetName === undefined) {
          return 'no target process';
        }
        return this.#target.isNew
          ? `first ${event.type} by ${program} on ${shownProgram(this.#targetName)}`
          : `${event.type} by ${program} on ${shownProgram(this.#targetName)} in ${share(this.#target)} calls`;
      case 'parent_program':
        return this.#child.isNew && this.#parent !== undefined
          ? `first such call of ${program} started by ${shownProgram(this.#parent)}`
          : `${program} started by ${shownProgram(this.#parent)}`;
      default:
        return `${what} with uid ${subject.uid}`;
    }
  }
}

/** What the call asks for, of a small set wherever there is one. */
function requestOf({ type, object, detail }: Event): string {
  switch (type) {
    case 'priv_ptrace':
    case 'priv_kill':
    case 'priv_setns':
    case 'priv_bpf_load':
    case 'priv_mmap_exec':
      return detail;
    default:
      return object;
  }
}

function targetOf(event: Event): string | undefined {
  return event.type === 'priv_ptrace' || event.type === 'priv_kill'
    ? (event.get('target.process.executable') ?? event.get('target.process.name'))
    : undefined;
}
