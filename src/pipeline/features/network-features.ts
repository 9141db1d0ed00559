/** Connections, listeners and names: which program talks to whom. */
import type { Event } from '../../core/event.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import { Endpoint } from './endpoint.ts';
import type { FeatureBlock } from './feature-block.ts';
import { PathShape } from './path-shape.ts';
import { PrefixCounts, PrefixQuery } from './prefix-counts.ts';
import { share, shown, shownNumber, shownPath, shownProgram } from './shown-text.ts';
import { numberOf, type Subject } from './subject.ts';
import { entropyOf } from './text-entropy.ts';
import { hashPair } from './text-hash.ts';

const NS_PER_S = 1e9;
const FIRST_USER_PORT = 1024;
const FIRST_EPHEMERAL_PORT = 32768;

/** What the program is to the connection. */
const ROLE = { client: 3, server: 4, listener: 5, resolver: 6 } as const;
const VERBS: Readonly<Record<number, string>> = {
  [ROLE.client]: 'connects to',
  [ROLE.server]: 'serves',
  [ROLE.listener]: 'listens at',
  [ROLE.resolver]: 'asks for',
};

/**
 * Surprisal (nats) of port and address for the program in its role, of the program for the port, of the address on
 * the host, of the kind of socket; how far the address is (0 this host, 1 private, 2 public), the port's range (0 to
 * 1023, to 32767, above: 0, 1, 2), bytes as ln(1+n), seconds as ln(1+s), entropy of a name in bits.
 */
export class NetworkFeatures implements FeatureBlock {
  readonly features = [
    'program_port',
    'port_program',
    'program_address',
    'program_address_step',
    'address',
    'address_scope',
    'port_range',
    'program_socket',
    'bytes_sent',
    'bytes_received',
    'duration',
    'peer_name_entropy',
    'peer_name_length',
  ] as const;
  readonly counts: readonly (PrefixCounts | ConditionalCounts)[];
  readonly #end: Endpoint;
  readonly #socketPath: PathShape;
  readonly #ports: ConditionalCounts;
  readonly #portUsers: ConditionalCounts;
  readonly #addresses: PrefixCounts;
  readonly #hostAddresses: PrefixCounts;
  readonly #sockets: ConditionalCounts;
  readonly #port = new CountQuery();
  readonly #portUser = new CountQuery();
  readonly #address = new PrefixQuery();
  readonly #hostAddress = new PrefixQuery();
  readonly #socket = new CountQuery();
  #role: number = ROLE.client;
  #hasPort = false;
  #hasAddress = false;
  #isClose = false;
  #text = '';

  /** @param textStart Of the set's hashes. */
  constructor(clock: DecayClock, textStart: number) {
    this.#end = new Endpoint(textStart);
    this.#socketPath = new PathShape(textStart);
    this.#ports = new ConditionalCounts(clock, 1 << 13, 1 << 11);
    this.#portUsers = new ConditionalCounts(clock, 1 << 13, 1 << 12);
    this.#addresses = new PrefixCounts(clock, 1 << 15);
    this.#hostAddresses = new PrefixCounts(clock, 1 << 14);
    this.#sockets = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.counts = [this.#ports, this.#portUsers, this.#addresses, this.#hostAddresses, this.#sockets];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    const { programHash } = subject;
    this.#isClose = subject.type === 'net_close';
    this.#readEnd(event, subject);
    const port = this.#end.port;
    this.#hasPort = !Number.isNaN(port);
    const actor = hashPair(programHash, this.#role);
    if (this.#hasPort) {
      this.#ports.look(this.#port, actor, port);
      this.#portUsers.look(this.#portUser, hashPair(this.#role, port), programHash);
    }
    out[at] = this.#hasPort ? this.#port.surprisal : Number.NaN;
    out[at + 1] = this.#hasPort ? this.#portUser.surprisal : Number.NaN;
    this.#extractAddress(actor, out, at + 2);
    out[at + 5] = this.#end.scope;
    out[at + 6] = this.#hasPort ? rangeOf(port) : Number.NaN;
    this.#extractSocket(event, subject, out, at + 7);
    const hasName = this.#hasAddress && Number.isNaN(this.#end.scope);
    out[at + 11] = hasName ? entropyOf(this.#text) : Number.NaN;
    out[at + 12] = hasName ? Math.log1p(this.#text.length) : Number.NaN;
    subject.isNovel = (this.#hasAddress && this.#address.isNew) || (this.#hasPort && this.#port.isNew);
  }

  learn(): void {
    if (this.#hasPort) {
      this.#ports.learn(this.#port);
      this.#portUsers.learn(this.#portUser);
    }
    if (this.#hasAddress) {
      this.#addresses.learn(this.#address);
      this.#hostAddresses.learn(this.#hostAddress);
    }
    if (!this.#isClose) {
      this.#sockets.learn(this.#socket);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    const program = shownProgram(subject.program);
    const verb = VERBS[this.#role] ?? 'uses';
    const name = this.features[index];
    switch (name) {
      case 'program_port':
      case 'port_program':
      case 'port_range':
        return this.#hasPort ? this.#ofPort(name, program, verb) : 'no port';
      case 'program_address':
      case 'program_address_step':
      case 'address':
        return this.#hasAddress ? this.#ofAddress(name, program, verb) : 'no address';
      case 'address_scope':
        return `${shown(this.#text)} is ${['this host', 'a private address', 'a public address'][this.#end.scope] ?? 'no address'}`;
      case 'program_socket':
        return this.#isClose
          ? 'no new socket'
          : this.#socket.isNew
            ? `first ${socketText(event)} socket of ${program}`
            : `${program} uses ${socketText(event)} sockets in ${share(this.#socket)} events`;
      case 'bytes_sent':
      case 'bytes_received':
        return this.#isClose
          ? `${shown(event.detail)} bytes sent and received`
          : 'bytes are told at the close';
      case 'duration':
        return `connection of ${shownNumber(subject.number(event, 'event.duration') / NS_PER_S)} s`;
      default:
        return `name ${shownPath(this.#text)} of ${this.#text.length} characters`;
    }
  }

  /** Sets end, role and text. */
  #readEnd(event: Event, subject: Subject): void {
    const { type } = subject;
    const end = this.#end;
    if (type === 'net_socket') {
      end.clear();
      this.#role = ROLE.client;
      this.#hasAddress = false;
      this.#text = '';
      return;
    }
    if (type.startsWith('dns_')) {
      this.#role = ROLE.resolver;
      end.readName(event.get('dns.question.name') ?? event.object);
      this.#text = end.text;
      this.#hasAddress = end.text !== '';
      return;
    }
    const isInbound =
      type === 'net_accept' || (type === 'net_close' && event.get('network.direction') === 'ingress');
    this.#role =
      type === 'net_bind' || type === 'net_listen' ? ROLE.listener : isInbound ? ROLE.server : ROLE.client;
    if (end.readEndpoint(event.object) || end.readAddress(addressOf(event, isInbound))) {
      this.#hasAddress = true;
      this.#text = end.text;
      if (isInbound || Number.isNaN(end.port)) {
        end.port = numberOf(event.get('destination.port')); // the peer's own port means nothing
      }
      return;
    }
    end.clear();
    this.#hasAddress = event.object !== '';
    this.#text = event.object;
    if (this.#hasAddress) {
      this.#socketPath.read(event.object);
    }
  }

  #extractAddress(actor: number, out: Float64Array, at: number): void {
    if (!this.#hasAddress) {
      out.fill(Number.NaN, at, at + 3);
      return;
    }
    // The path of a unix socket has no steps of its own as an address.
    const from = this.#end.steps === 0 ? this.#socketPath : this.#end;
    this.#addresses.look(this.#address, actor, from.prefixes, from.steps);
    this.#hostAddresses.look(this.#hostAddress, this.#role, from.prefixes, from.steps);
    out[at] = this.#address.surprisal;
    out[at + 1] = this.#address.stepSurprisal;
    out[at + 2] = this.#hostAddress.surprisal;
  }

  /** Kind of socket, and what a close tells of the connection. */
  #extractSocket(event: Event, subject: Subject, out: Float64Array, at: number): void {
    if (this.#isClose) {
      const { detail } = event;
      const slash = detail.indexOf('/');
      out[at] = Number.NaN;
      out[at + 1] = Math.log1p(slash < 0 ? Number.NaN : numberOf(detail.slice(0, slash)));
      out[at + 2] = Math.log1p(slash < 0 ? Number.NaN : numberOf(detail.slice(slash + 1)));
      out[at + 3] = Math.log1p(subject.number(event, 'event.duration') / NS_PER_S);
      return;
    }
    const kind = hashPair(subject.typeHash, subject.hash(socketText(event)));
    this.#sockets.look(this.#socket, subject.programHash, kind);
    out[at] = this.#socket.surprisal;
    out.fill(Number.NaN, at + 1, at + 4);
  }

  #ofPort(name: 'program_port' | 'port_program' | 'port_range', program: string, verb: string): string {
    const { port } = this.#end;
    const query = name === 'port_program' ? this.#portUser : this.#port;
    if (name === 'port_range' || !query.isNew) {
      return `${program} ${verb} port ${port} in ${share(query)} events`;
    }
    return name === 'program_port'
      ? `${program} ${verb} port ${port}, not seen before`
      : `first time that ${program} is the one that ${verb} port ${port}`;
  }

  #ofAddress(
    name: 'program_address' | 'program_address_step' | 'address',
    program: string,
    verb: string,
  ): string {
    const query = name === 'address' ? this.#hostAddress : this.#address;
    const who = name === 'address' ? 'a program of this host' : program;
    return query.isNew
      ? `${who} ${verb} ${shownPath(this.#text)}, not seen before`
      : `${who} ${verb} ${shownPath(this.#text)} in ${share(query)} events`;
  }
}

function addressOf(event: Event, isInbound: boolean): string {
  return event.get(isInbound ? 'source.ip' : 'destination.ip') ?? '';
}

/** `AF_PACKET SOCK_RAW`, `tcp`. */
function socketText({ type, object, detail }: Event): string {
  return type === 'net_socket' ? `${shown(object)} ${shown(detail)}` : shown(detail);
}

function rangeOf(port: number): number {
  if (port < FIRST_USER_PORT) {
    return 0;
  }
  return port < FIRST_EPHEMERAL_PORT ? 1 : 2;
}
