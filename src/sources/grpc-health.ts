/** `grpc.health.v1.Health`: whether the detector takes events. */
import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import wire from '../../build/proto/messages.cjs';
import { bytesMethod } from '../core/wire/detector-service.ts';

const HEALTH_SERVICE = 'grpc.health.v1.Health';
const { HealthCheckRequest, HealthCheckResponse } = wire.grpc.health.v1;
const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse.ServingStatus;

/** The methods of the service. */
export const HEALTH_METHODS = {
  Check: bytesMethod(HEALTH_SERVICE, 'Check', { requests: false, responses: false }),
  Watch: bytesMethod(HEALTH_SERVICE, 'Watch', { requests: false, responses: true }),
} as const;

type WatchCall = ServerWritableStream<Buffer, Buffer>;

/** The health of some services, which change together. */
export class Health {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Map<WatchCall, string>();
  #isServing = false;

  /** @param services Names that are asked for; '' is the server as a whole. */
  constructor(services: readonly string[]) {
    this.#services = new Set(services);
  }

  /** Says so to all who watch. */
  setServing(isServing: boolean): void {
    if (isServing !== this.#isServing) {
      this.#isServing = isServing;
      for (const [call, service] of this.#watchers) {
        call.write(this.#answer(service));
      }
    }
  }

  /** Ends all watches; what was said before arrives. */
  close(): void {
    for (const call of this.#watchers.keys()) {
      call.emit('error', statusError(status.UNAVAILABLE, 'The detector is stopping'));
    }
    this.#watchers.clear();
  }

  /** The handlers of {@link HEALTH_METHODS}. */
  handlers(): UntypedServiceImplementation {
    return {
      Check: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        const service = serviceOf(call.request);
        if (service === undefined) {
          done(statusError(status.INVALID_ARGUMENT, 'Cannot decode the request'));
        } else if (!this.#services.has(service)) {
          done(statusError(status.NOT_FOUND, 'No such service'));
        } else {
          done(null, this.#answer(service));
        }
      },
      Watch: (call: WatchCall) => {
        const service = serviceOf(call.request);
        if (service === undefined) {
          call.emit('error', statusError(status.INVALID_ARGUMENT, 'Cannot decode the request'));
          return;
        }
        this.#watchers.set(call, service);
        call.on('close', () => this.#watchers.delete(call));
        call.write(this.#answer(service));
      },
    };
  }

  #answer(service: string): Buffer {
    const known = this.#isServing ? SERVING : NOT_SERVING;
    const answer = { status: this.#services.has(service) ? known : SERVICE_UNKNOWN };
    return Buffer.from(HealthCheckResponse.encode(answer).finish());
  }
}

function serviceOf(request: Buffer): string | undefined {
  try {
    return HealthCheckRequest.decode(request).service;
  } catch {
    return undefined; // not protobuf
  }
}

/** An error that ends a call with this status. */
export function statusError(code: status, details: string): Error & { code: status; details: string } {
  return Object.assign(new Error(details), { code, details });
}
