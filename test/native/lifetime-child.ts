/**
 * One life of the addon, ended the way its first argument says. Run by lifetime.test.ts:
 * `node lifetime-child.ts PATH ADDON OBJECT NAME`. Prints `ready PROGRAM_ID LINK_ID` once attached.
 */

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import {
  type BpfLink,
  type BpfNative,
  type BpfObject,
  loadBpfNative,
  type RingBuffer,
} from '../../native/index.ts';

const [path = '', addon = '', objectFile = '', name = ''] =
  (workerData as string[] | null) ?? process.argv.slice(2);
const target = new ArrayBuffer(1 << 17);

interface Life {
  readonly native: BpfNative;
  readonly object: BpfObject;
  readonly link: BpfLink;
  readonly ring: RingBuffer;
}

function open(native: BpfNative): BpfObject {
  const image = Buffer.from(readFileSync(objectFile, 'latin1').replaceAll('life_probe', name), 'latin1');
  const object = native.openObject(image, { name: 'life' });
  const rodata = object.maps.get('.rodata');
  if (rodata?.initialValue === undefined) {
    throw new Error('There is no .rodata');
  }
  rodata.initialValue = new Uint8Array(Uint32Array.of(process.pid).buffer);
  return object;
}

function start(native = loadBpfNative(addon)): Life {
  const object = open(native);
  object.load();
  const program = object.programs.get(name);
  const map = object.maps.get('life_ring');
  if (program === undefined || map === undefined) {
    throw new Error('The object lacks its members');
  }
  const link = program.attach({ kind: 'auto' });
  const ring = native.ringBuffer(map);
  // At once, for a worker's process.stdout waits for its event loop.
  writeSync(1, `ready ${program.id()} ${link.id()}\n`);
  return { native, object, link, ring };
}

function stop({ object, ring }: Life): void {
  ring.close();
  object.close();
}

function drainForEver({ ring }: Life): void {
  const drainAgain = () => {
    for (let turn = 0; turn < 1000; turn++) {
      ring.drain(target);
    }
    setImmediate(drainAgain);
  };
  drainAgain();
}

function inWorker(inner: string): Worker {
  return new Worker(process.argv[1] ?? '', { workerData: [inner, addon, objectFile, name] });
}

/** Says when the worker ended, and stays. */
function outlive(worker: Worker): void {
  worker.on('error', () => {});
  worker.once('exit', () => writeSync(1, 'ended\n'));
  setInterval(() => {}, 1000);
}

const paths: Record<string, () => void> = {
  created: () => void open(loadBpfNative(addon)),
  loaded: () => open(loadBpfNative(addon)).load(),
  attached: () => void start(),
  'attached, then kept alive': () => {
    start();
    setInterval(() => {}, 1000);
  },
  drained: () => {
    const life = start();
    while (life.ring.drain(target) === 0) {
      process.getegid?.();
    }
  },
  'exits between drains': () => {
    drainForEver(start());
    setTimeout(() => process.exit(0), 50);
  },
  'readable, unreferenced': () => {
    const { ring } = start();
    ring.onReadable(() => ring.drain(target));
    ring.unref();
  },
  'readable, then closed': () => {
    const life = start();
    let calls = 0;
    life.ring.onReadable(() => {
      life.ring.drain(target);
      if (++calls === 3) {
        stop(life);
      }
    });
  },
  'exits inside readable': () => {
    start().ring.onReadable(() => process.exit(0));
  },
  'throws inside readable': () => {
    start().ring.onReadable(() => {
      throw new Error('thrown on purpose');
    });
  },
  throws: () => {
    start();
    throw new Error('thrown on purpose');
  },
  'throws with readable': () => {
    const { ring } = start();
    ring.onReadable(() => ring.drain(target));
    setTimeout(() => {
      throw new Error('thrown on purpose');
    }, 20);
  },
  'exits with 3': () => {
    start();
    process.exit(3);
  },
  'closed twice': () => {
    const life = start();
    stop(life);
    stop(life);
    life.link.close();
  },
  'closed in the wrong order': () => {
    const life = start();
    life.object.close();
    life.ring.drain(target);
    life.link.close();
    life.ring.close();
  },
  mapped: () => {
    const { native } = start();
    const map = native.createMap({
      type: 'array',
      keySize: 4,
      valueSize: 8,
      maxEntries: 512,
      flags: 1 << 10,
    });
    new Uint8Array(map.mmap()).fill(1);
  },
  collected: () => {
    const loseAll = () => {
      for (let i = 0; i < 20; i++) {
        const native = loadBpfNative(addon);
        open(native);
        const map = native.createMap({
          type: 'array',
          keySize: 4,
          valueSize: 8,
          maxEntries: 512,
          flags: 1 << 10,
        });
        new Uint8Array(map.mmap()).fill(1);
      }
    };
    loseAll();
    globalThis.gc?.();
    setTimeout(() => {
      globalThis.gc?.();
      start();
    }, 20);
  },
  'loaded twice, also by descriptor': () => {
    const fd = openSync(addon, 'r');
    const second = loadBpfNative(`/proc/self/fd/${fd}`);
    closeSync(fd);
    open(loadBpfNative(addon)).load();
    stop(start(second));
  },
  worker: () => void inWorker('attached'),
  'worker, readable': () => {
    void inWorker('readable, then closed');
    void inWorker('readable, unreferenced');
  },
  'worker that throws': () => {
    inWorker('throws with readable').on('error', () => {});
  },
  'worker that throws inside readable': () => {
    inWorker('throws inside readable').on('error', () => {});
  },
  'worker that exits': () => void inWorker('exits inside readable'),
  'worker terminated in a drain': () => {
    const worker = inWorker('drains without end');
    worker.once('message', () => setTimeout(() => void worker.terminate(), 30));
  },
  'worker terminated while readable': () => {
    const worker = inWorker('readable without end');
    worker.once('message', () => setTimeout(() => void worker.terminate(), 30));
  },
  'outlives a worker': () => outlive(inWorker('attached')),
  'outlives a worker that throws': () => outlive(inWorker('throws with readable')),
  'outlives a worker that exits': () => outlive(inWorker('exits inside readable')),
  'outlives a worker terminated in a drain': () => {
    const worker = inWorker('drains without end');
    worker.once('message', () => setTimeout(() => void worker.terminate(), 30));
    outlive(worker);
  },
  'outlives a worker terminated while readable': () => {
    const worker = inWorker('readable without end');
    worker.once('message', () => setTimeout(() => void worker.terminate(), 30));
    outlive(worker);
  },
  'process exits under a worker': () => {
    inWorker('drains without end').once('message', () => process.exit(0));
  },
  'drains without end': () => {
    const { ring } = start();
    parentPort?.postMessage('started');
    for (;;) {
      ring.drain(target);
    }
  },
  'readable without end': () => {
    const { ring } = start();
    ring.onReadable(() => ring.drain(target));
    parentPort?.postMessage('started');
    const call = () => {
      process.getegid?.();
      setImmediate(call);
    };
    call();
  },
};

paths[path]?.();
