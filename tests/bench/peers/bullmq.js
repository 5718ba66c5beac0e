// BullMQ: REDIS_PORT names the server. Concurrency 100 in one process.
import { readFileSync } from 'node:fs';
import { Queue, Worker } from 'bullmq';
import { Measure, count, mode, settled } from './measure.js';

const { version } = JSON.parse(readFileSync(new URL('node_modules/bullmq/package.json', import.meta.url)));
const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
const queue = new Queue('jobs', { connection });
await queue.obliterate({ force: true });
const due = Date.now() + 8000;
for (let first = 0; first < count; first += 1000) {
  const delay = mode === 'burst' ? { delay: due - Date.now() } : {};
  await queue.addBulk(Array.from({ length: Math.min(1000, count - first) }, (_, i) => ({
    name: 'job', data: { i: first + i },
    opts: { ...delay, removeOnComplete: true, removeOnFail: true } })));
}
const measure = new Measure();
const started = performance.now();
new Worker('jobs', async () => measure.began(), { connection, concurrency: 100 });
await measure.report(version, started, due, () => settled(async () => (await queue.getActiveCount()) === 0));
