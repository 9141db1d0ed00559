import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Delivery } from '../../../src/sinks/delivery.ts';
import { lineFormat, ndjsonFormat, type RecordFormat } from '../../../src/sinks/record-format.ts';
import { type OutputStream, stdoutSink } from '../../../src/sinks/stdout.ts';
import { GOLDEN_JSON, makeEvent } from '../../support/events.ts';
import { TextStream } from '../../support/text-stream.ts';
import { until } from '../../support/wait.ts';

function deliverTo(stream: OutputStream, format: RecordFormat = ndjsonFormat, options = {}) {
  return new Delivery(stdoutSink.build({}, { stream, format }), options);
}

describe('stdoutSink', () => {
  test('writes one envelope a line', async () => {
    const stream = new TextStream();
    const delivery = deliverTo(stream);
    await delivery.start();
    delivery.offer(makeEvent());
    delivery.offer(makeEvent());
    await delivery.close();
    expect(stream.text()).toBe(`${GOLDEN_JSON}\n${GOLDEN_JSON}\n`);
    expect(stream.writableEnded).toBe(false);
  });

  test('writes the lines of an injected renderer in UTF-8', async () => {
    const stream = new TextStream();
    const delivery = deliverTo(
      stream,
      lineFormat(({ comm }) => `← ${comm}`),
    );
    await delivery.start();
    delivery.offer(makeEvent());
    await delivery.close();
    expect(stream.text()).toBe('← bash\n');
  });

  test('a reader that went away ends it quietly, and hangs no listener on', async () => {
    const failure = Object.assign(new Error('broken'), { code: 'EPIPE' });
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
    const onEnd = jest.fn();
    const onFailure = jest.fn();
    const delivery = deliverTo(stream, ndjsonFormat, { onEnd, onFailure });
    await delivery.start();
    delivery.offer(makeEvent());
    await until(() => onEnd.mock.calls.length === 1);
    await delivery.close();
    expect(onFailure).not.toHaveBeenCalled();
    expect(delivery.counters().dropped.peer_gone).toBe(1);
    expect(stream.listenerCount('error')).toBe(0);
  });

  test('a slow reader costs counted events and no more memory than the queue', async () => {
    const stream = new Writable({ highWaterMark: 1, write: () => {} });
    const delivery = deliverTo(stream, ndjsonFormat, { queueEvents: 100 });
    await delivery.start();
    for (let index = 0; index < 500; index++) {
      delivery.offer(makeEvent());
    }
    expect(delivery.counters()).toMatchObject({ queued: 100, dropped: { queue_full: 400 } });
    await delivery.destroy();
    expect(delivery.counters()).toMatchObject({ queued: 0, dropped: { queue_full: 400, abandoned: 100 } });
  });

  test('writes to a regular file by its descriptor', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stdout-'));
    const fd = openSync(join(folder, 'out'), 'w');
    const stream = Object.assign(new Writable({ write: () => {} }), { fd });
    const delivery = deliverTo(stream);
    await delivery.start();
    delivery.offer(makeEvent());
    await delivery.close();
    closeSync(fd);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`${GOLDEN_JSON}\n`);
    rmSync(folder, { recursive: true });
  });
});
