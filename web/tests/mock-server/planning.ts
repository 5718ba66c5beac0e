// Series, tables, the audit trail and invitations of the mock server.
import type { Schemas } from '@/api/client';
import { addDays } from '@/posts/calendar_range';
import { meaningOf, offsetAt, wallTime } from '@/posts/local_time';
import { Refusal, type Handler } from './calls';
import { post, target } from './posts';
import { accounts, ago, newId, owner } from './seed';
import type { MockServer } from './server';

type Series = Schemas['Series'];

// Every seven days from its start, whatever the rule says: enough to look at. Clock changes are told as the server does.
export function datesOf(repeat: Schemas['Recurrence'], count: number): Schemas['Occurrence'][] {
  const zone = repeat.time_zone ?? 'UTC';
  const time = repeat.local.slice(11, 16);
  const all = Array.from({ length: count + (repeat.exdates?.length ?? 0) }, (_unused, index) => addDays(repeat.local.slice(0, 10), 7 * index));
  return all
    .filter((day) => !repeat.exdates?.some((left) => left.slice(0, 10) === day))
    .slice(0, count)
    .map((day) => {
      const meaning = meaningOf(`${day}T${time}`, zone);
      if (meaning.kind === 'invalid') throw new Refusal(422, 'Not a time.', [{ field: 'repeat.local', message: 'is not a wall time' }]);
      const hours = offsetAt(meaning.at, zone) / 3_600_000;
      const moved = wallTime(meaning.at, zone).slice(11);
      const note = meaning.kind === 'gap' ? `${time} does not exist on that day: the clock goes forward. It goes out at ${moved}.` : null;
      return { local: `${day}T${time}:00`, offset: `+${String(hours).padStart(2, '0')}:00`, at: meaning.at.toISOString(), note };
    });
}

function seriesFrom(input: Schemas['SeriesInput'], extra: Partial<Series> = {}): Series {
  return {
    id: newId(),
    state: 'active',
    parts: input.parts,
    language: input.language ?? '',
    variants: input.variants,
    too_late: input.too_late ?? { policy: 'publish' },
    trend_id: input.trend_id ?? null,
    repeat: input.repeat,
    stops: null,
    next: null,
    problem: '',
    author: owner.name,
    approved_by: null,
    created_at: ago(0),
    updated_at: ago(0),
    version: 1,
    ...extra,
  };
}

export function seedSeries(posts: Schemas['Post'][]): Series[] {
  const local = `${addDays(wallTime(new Date(), 'Europe/Paris').slice(0, 10), 1)}T09:00`;
  const repeat = { local, time_zone: 'Europe/Paris', rrule: 'FREQ=WEEKLY;BYDAY=MO', exdates: [] };
  const made = seriesFrom({ parts: [{ text: 'Monday in the studio: what are you working on this week?' }], variants: [{ account_id: accounts[0]!.id }], repeat });
  for (const date of datesOf(repeat, 3)) {
    const occurrence = { id: made.id, occurrence: date.local, apart: false };
    posts.push(post(made.parts[0]!.text, 'scheduled', [target(0, 'scheduled')], { due_at: date.at, series: occurrence }));
  }
  const broken = seriesFrom(
    { parts: [{ text: 'Friday photo' }], variants: [{ account_id: accounts[4]!.id }], repeat: { ...repeat, rrule: 'FREQ=MONTHLY;BYDAY=-1FR;COUNT=12' } },
    { problem: 'Its account npub1harbourx8q must be reconnected.' },
  );
  return [made, broken];
}

const audit: Schemas['AuditEntry'][] = [
  ['post.approved', 'post', 'post of 2026-11-25 09:00 (Europe/Paris)', 'awaiting approval', 'scheduled', 'session'],
  ['workspace.changed', 'workspace', 'Harbour Studio', 'approval: off', 'approval: on', 'session'],
  ['account.connected', 'account', 'harbour.studio on Bluesky', '', '', 'token'],
  ['member.role_changed', 'member', 'Jonas Lind', 'viewer', 'editor', 'session'],
].map(([action, object_type, object, before, after, via], index) => ({
  id: newId(),
  at: ago((index + 1) * 3_600_000),
  actor_id: owner.id,
  actor: owner.name,
  via: via as Schemas['AuditEntry']['via'],
  action: action!,
  object_type: object_type!,
  object_id: newId(),
  object: object!,
  before: before!,
  after: after!,
}));

function bulkRow(row: Schemas['BulkRow'], index: number): Schemas['BulkResult']['rows'][number] {
  const names = accounts.flatMap((account) => [account.id, account.handle, `${account.network}:${account.handle}`]);
  const stranger = row.accounts?.find((name) => !names.includes(name));
  const errors = stranger ? [{ field: 'accounts', message: `names \`${stranger}\`, which is not an account here` }] : [];
  if (row.text.trim() === '') errors.push({ field: 'text', message: 'is empty' });
  const zone = row.time_zone ?? 'Europe/Paris';
  const meaning = row.local ? meaningOf(row.local, zone) : undefined;
  const warnings = row.text.includes('again')
    ? [{ account_id: accounts[0]!.id, handle: accounts[0]!.handle, field: 'text', message: 'The same text goes to this account on Tue 24 Nov.' }]
    : [];
  const due_at = meaning && meaning.kind !== 'invalid' ? meaning.at.toISOString() : ago(-3_600_000);
  return { row: index + 1, ok: errors.length === 0, errors, warnings, due_at: errors.length ? null : due_at, post_id: null };
}

function bulk(server: MockServer, body: Record<string, unknown>): Schemas['BulkResult'] {
  const input = body as unknown as { rows: Schemas['BulkRow'][]; dry_run: boolean; mode: string };
  const rows = input.rows.map(bulkRow);
  const ok = rows.every((row) => row.ok);
  if (input.dry_run) return { ok, dry_run: true, created: 0, rows };
  if (!ok && input.mode !== 'good_rows') throw new Refusal(422, 'Some rows are wrong.', [{ field: 'rows[0].text', message: 'is wrong' }]);
  const good = rows.filter((row) => row.ok);
  for (const row of good) server.posts.push(post(input.rows[row.row - 1]!.text, 'scheduled', [target(0, 'scheduled')], { due_at: row.due_at }));
  return { ok, dry_run: false, created: good.length, rows };
}

export function planningRoutes(server: MockServer): [string, string, Handler][] {
  const one = (id: string): Series => {
    const found = server.series.find((entry) => entry.id === id);
    if (!found) throw new Refusal(404, 'There is no such series.', [], 'not_found');
    return found;
  };
  const put = (changed: Series): Series => {
    server.series = server.series.map((entry) => (entry.id === changed.id ? { ...changed, version: changed.version + 1 } : entry));
    server.tell('/api/events', 'series', { type: 'series', id: changed.id });
    return one(changed.id);
  };
  const answerOf = (change: (found: Series) => Partial<Series>): Handler => ({ parameters }) => put({ ...one(parameters[0]!), ...change(one(parameters[0]!)) });
  return [
    ['GET', '/api/series', ({ query }) => ({ items: server.series.filter((entry) => !query.get('state') || entry.state === query.get('state')), next_cursor: null })],
    ['POST', '/api/series', ({ body }) => {
      const made = seriesFrom(body as unknown as Schemas['SeriesInput']);
      server.series = [made, ...server.series];
      return made;
    }],
    ['POST', '/api/series/preview', ({ body }) => {
      const repeat = body['repeat'] as Schemas['Recurrence'];
      if (!/^(RRULE:)?FREQ=(HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)/.test(repeat.rrule)) {
        throw new Refusal(422, 'Some fields cannot be taken.', [{ field: 'repeat.rrule', message: 'FREQ is one of HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY' }]);
      }
      return { repeat, items: datesOf(repeat, Number(body['count'] ?? 10)) };
    }],
    ['GET', '/api/series/{id}', ({ parameters }) => one(parameters[0]!)],
    ['PUT', '/api/series/{id}', ({ parameters, body, query }) => {
      const before = one(parameters[0]!);
      const changed = seriesFrom(body as unknown as Schemas['SeriesInput']);
      if (!query.get('from')) return put({ ...changed, id: before.id, version: before.version });
      server.series = [changed, ...server.series];
      return changed;
    }],
    ['GET', '/api/series/{id}/occurrences', ({ parameters, query }) => ({
      items: one(parameters[0]!).state === 'active' ? datesOf(one(parameters[0]!).repeat, Number(query.get('count') ?? 10)) : [],
    })],
    ['POST', '/api/series/{id}/stop', answerOf(() => ({ state: 'stopped' }))],
    ['POST', '/api/series/{id}/approve', answerOf(() => ({ approved_by: owner.name }))],
    ['POST', '/api/series/{id}/reject', answerOf(() => ({ state: 'stopped', problem: '' }))],
    ['POST', '/api/posts/bulk', ({ body }) => bulk(server, body)],
    ['GET', '/api/audit', ({ query }) => ({ items: audit.filter((entry) => entry.action.startsWith(query.get('action') ?? '')), next_cursor: null })],
    ['GET', '/api/workspaces/{id}/invitations', () => ({ items: server.invitations, next_cursor: null })],
    ['DELETE', '/api/workspaces/{id}/invitations/{invitation}', ({ parameters }) => {
      server.invitations = server.invitations.filter((entry) => entry.id !== parameters[1]);
      return undefined;
    }],
  ];
}
