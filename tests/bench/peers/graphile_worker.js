// graphile-worker: PG_URL names the database. Concurrency 24, local queue and batched completion, as its
// documentation recommends for throughput.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { Measure, count, mode, settled } from './measure.js';

const { version } = JSON.parse(readFileSync(new URL('node_modules/graphile-worker/package.json', import.meta.url)));
const connectionString = process.env.PG_URL;
const pool = new pg.Pool({ connectionString, max: 26 });
const utils = await makeWorkerUtils({ connectionString });
await utils.migrate();
const due = Date.now() + 8000;
const runAt = mode === 'burst' ? new Date(due) : new Date();
for (let first = 0; first < count; first += 1000) {
  await utils.addJobs(Array.from({ length: Math.min(1000, count - first) }, (_, i) => ({
    identifier: 'job', payload: { i: first + i }, runAt })));
}
const measure = new Measure();
const started = performance.now();
await run({
  pgPool: pool,
  noHandleSignals: true,
  logger: new Logger(() => () => {}),
  taskList: { job: async () => measure.began() },
  preset: { worker: { concurrentJobs: 24, pollInterval: 50, localQueue: { size: 500 }, completeJobBatchDelay: 0,
    failJobBatchDelay: 0 } },
});
await measure.report(version, started, due, () => settled(async () =>
  (await pool.query('SELECT COUNT(*)::int AS n FROM graphile_worker._private_jobs')).rows[0].n === 0));
