/**
 * A detector in a process of its own: reads of each event what a simple model would. Prints its address, then for each
 * line that comes in what it has seen so far, as JSON. Ends with its input.
 */
import { createInterface } from 'node:readline';
import { GrpcSource } from '../../../src/sources/grpc.ts';

const seen = { events: 0, sum: 0 };
const source = await GrpcSource.listen({ address: '127.0.0.1:0' });
source.start({
  judge(event) {
    seen.events++;
    seen.sum += event.pid + event.object.length + event.comm.length;
    return { anomaly: event.pid === 1, reason: 'pid 1', score: 0.5 };
  },
  onBatch() {},
});
console.log(source.address);
for await (const _line of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...seen, cpuSeconds: (user + system) / 1e6 }));
}
await source.drain(1000);
