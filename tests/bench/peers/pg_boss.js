// pg-boss: PG_URL names the database. Batches of 2,000; its shortest polling interval (0.5 s), which is what it
// documents, and NOTIFY does not exist for jobs that are due later.
import { readFileSync } from 'node:fs';
import { PgBoss } from 'pg-boss';
import pg from 'pg';
import { Measure, count, mode, settled } from './measure.js';

const { version } = JSON.parse(readFileSync(new URL('node_modules/pg-boss/package.json', import.meta.url)));
const connectionString = process.env.PG_URL;
const boss = new PgBoss({ connectionString, max: 10 });
boss.on('error', (error) => { console.error(error); process.exit(1); });
await boss.start();
await boss.createQueue('jobs');
const due = Date.now() + 8000;
const startAfter = mode === 'burst' ? new Date(due) : undefined;
for (let first = 0; first < count; first += 1000) {
  await boss.insert('jobs', Array.from({ length: Math.min(1000, count - first) }, (_, i) => ({
    name: 'jobs', data: { i: first + i }, startAfter })));
}
const measure = new Measure();
const pool = new pg.Pool({ connectionString, max: 1 });
const started = performance.now();
await boss.work('jobs', { batchSize: 2000, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }, async (jobs) => {
  for (let i = 0; i < jobs.length; ++i) measure.began();
});
await measure.report(version, started, due, () => settled(async () =>
  (await pool.query("SELECT COUNT(*)::int AS n FROM pgboss.job WHERE name = 'jobs' AND state < 'completed'")).rows[0].n === 0));
