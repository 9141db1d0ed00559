/** How much of a stream is taken in before it is handled. */
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

type Listener = Parameters<ServerInterceptingCall['start']>[0];

/** Messages of a stream that wait to be handled, in bytes; one more may come. */
const MAX_WAITING_BYTES = 256 * 1024;

const gateOf = new WeakMap<Buffer, ReadGate>();

/**
 * Stops reading a stream while much of it waits: gRPC alone would take in 16 messages of any size for a stream whose
 * peer does not read its answers. Every message has to be given to {@link handled}.
 */
export const gateReads: ServerInterceptor = (method, call) =>
  method.requestStream ? new ReadGate(call) : new ServerInterceptingCall(call);

/** Says that a message of a stream is done with. */
export function handled(message: Buffer): void {
  gateOf.get(message)?.release(message.length);
}

class ReadGate extends ServerInterceptingCall {
  #waitingBytes = 0;
  #isReadWanted = false;

  override start(listener: Listener): void {
    super.start({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message: Buffer) => {
        this.#waitingBytes += message.length;
        gateOf.set(message, this);
        listener.onReceiveMessage(message);
      },
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => listener.onCancel(),
    });
  }

  override startRead(): void {
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#isReadWanted = true;
    } else {
      super.startRead();
    }
  }

  release(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (this.#isReadWanted && this.#waitingBytes <= MAX_WAITING_BYTES) {
      this.#isReadWanted = false;
      super.startRead();
    }
  }
}
