// Watch lists, rules, notices, past trends and filters of the mock server.
import type { Schemas } from '@/api/client';
import { Refusal, type Handler } from './calls';
import { accounts, ago, newId, times } from './seed';
import type { MockServer } from './server';

type WatchList = Schemas['WatchList'];
type Rule = Schemas['Rule'];

const blankList = { enabled: true, keywords: [], patterns: [], exclude: [], exclude_patterns: [], authors: [], domains: [], languages: [], sources: [] };

export function watchList(name: string, extra: Partial<WatchList> = {}): WatchList {
  const id = newId();
  return { ...blankList, id, name, version: 1, feed_url: `/feeds/watch-lists/${id}/feed.rss`, mentions_hour: 0, mentions_day: 0, created_at: ago(9 * times.day), updated_at: ago(times.day), ...extra };
}

export const seedLists = () => [
  watchList('Northern lights', { keywords: ['aurora', 'northern lights', 'polarlicht'], exclude: ['aurora borealis hotel'], patterns: ['kp-?index'], languages: ['en', 'de'], mentions_hour: 214, mentions_day: 3120 }),
  watchList('Databases', { keywords: ['sqlite', 'postgres', 'duckdb'], domains: ['sqlite.org'], mentions_hour: 12, mentions_day: 240 }),
  watchList('Our town', { keywords: ['Tromsø'], enabled: false }),
];

function rule(name: string, list: string, extra: Partial<Rule> = {}): Rule {
  return {
    id: newId(), name, enabled: true, watch_list_id: list, version: 1,
    trigger: { type: 'trend', score_min: 10, authors_min: 20, sources_min: 2, relevance_min: 0.5, coordinated: false },
    conditions: { languages: ['en', 'de'], time_zone: 'Europe/Paris', from: '08:00', to: '20:00', per_day_max: 3, cool_down_minutes: 60 },
    post: { mode: 'approval', account_ids: [accounts[0]!.id, accounts[1]!.id], tone: 'friendly', language: '', instructions: '' },
    notify: true, freshness: 'drop', fresh_score_min: 4, acted: 4, last_acted_at: ago(3 * times.hour), created_at: ago(9 * times.day), updated_at: ago(times.day), ...extra,
  };
}
export const seedRules = (lists: WatchList[]) => [
  rule('Draft what rises on auroras', lists[0]!.id),
  rule('Tell me about databases', lists[1]!.id, { post: null, conditions: { languages: [], time_zone: 'Europe/Paris', from: null, to: null, per_day_max: 10, cool_down_minutes: 0 }, acted: 0, last_acted_at: null, enabled: false }),
];

export const seedChannels = (): Schemas['NoticeChannel'][] => [
  { id: newId(), name: 'Team chat', kind: 'webhook', destination: 'https://chat.example.org/hooks/4f9c0a7be21d4c55b1f0c3e8a7be21d4c55b1f0c3e8', about: ['rule', 'decision', 'account'], enabled: true, created_at: ago(times.day), updated_at: ago(times.day) },
  { id: newId(), name: 'Studio mailbox', kind: 'email', destination: 'studio@example.org', about: ['decision'], enabled: false, created_at: ago(times.day), updated_at: ago(times.day) },
];

const notice = (title: string, body: string, age: number, states: [string, Schemas['Notice']['deliveries'][number]['state'], string][]): Schemas['Notice'] => ({
  id: newId(), about: 'rule', title, body, link: '/rules', details: {}, at: ago(age),
  deliveries: states.map(([channel, state, problem]) => ({ channel_id: newId(), channel, state, problem })),
});
export const seedNotices = () => [
  notice('#northernlights rises', 'Rule “Draft what rises on auroras” wrote a post for 2 accounts; it waits for approval.', 3 * times.hour, [['Team chat', 'delivered', ''], ['Studio mailbox', 'waiting', '']]),
  notice('npub1harbourx8q must be reconnected', 'None of the relays accepted the key.', 26 * times.hour, [['Team chat', 'failed', 'chat.example.org answered 500 eight times.']]),
];

export function past(label: string, days: number, extra: Partial<Schemas['PastTrend']> = {}): Schemas['PastTrend'] {
  return {
    id: newId(), label, kind: 'tag', category: 'science', aliases: [], terms: ['aurora', 'kp index', 'geomagnetic'], score: 31.4, authors: 2110, posts: 2900, expected: 90,
    since: ago(days * times.day + 5 * times.hour), peak_at: ago(days * times.day), first_seen_at: ago(days * times.day + 4 * times.hour), seen_at: ago(days * times.day - 3 * times.hour),
    rising: false, coordinated: false, flags: [], languages: ['en'], sources: ['jetstream'], generated: false, ...extra,
  };
}
export const seedPast = () => [past('northernlights', 12), past('northernlights', 41, { score: 12.2, authors: 604 }), past('eclipse', 20, { kind: 'word', coordinated: true, flags: ['copies'], terms: ['glasses', 'partial'] })];

// As the server says it of one that cannot be used.
function troubleOf(pattern: string): string {
  try {
    new RegExp(pattern);
  } catch {
    return `"${pattern}" is not a regular expression: missing )`;
  }
  return /[\p{L}\p{N}]{3}/u.test(pattern) ? '' : `"${pattern}" needs a fixed part of at least three letters, by which it can be found among many`;
}

function checkedList(input: Schemas['WatchListInput'], before = ''): void {
  const errors = (input.patterns ?? []).flatMap((pattern, index) => {
    const message = troubleOf(pattern);
    return message ? [{ field: `${before}patterns[${index}]`, message }] : [];
  });
  if (!input.name && before === '') errors.push({ field: 'name', message: 'is needed' });
  if (errors.length) throw new Refusal(422, 'Some fields cannot be taken.', errors, 'invalid');
}

function tried(server: MockServer, input: Schemas['WatchListInput'], text: string) {
  const fits = (keywords: string[] = [], patterns: string[] = []) =>
    keywords.find((word) => text.toLowerCase().includes(word.toLowerCase())) ?? patterns.find((pattern) => new RegExp(pattern, 'i').test(text)) ?? '';
  const by = fits(input.keywords, input.patterns);
  const unless = by ? fits(input.exclude, input.exclude_patterns) : '';
  const words = (input.keywords ?? []).map((word) => word.toLowerCase());
  const found = server.trends.filter((trend) => words.some((word) => [trend.label, ...trend.terms].join(' ').toLowerCase().includes(word)));
  return {
    matches: by !== '' && unless === '', matched_by: by, excluded_by: unless,
    trends: found.map(({ id, label, score, seen_at }) => ({ id, label, score, relevance: 0.8, matched_by: words[0]!, seen_at })),
  };
}

const runsOf = (server: MockServer): Schemas['RuleRun'][] => [
  { story: server.trends[0]!.id, label: '#northernlights', state: 'acted', reason: '', post_id: server.posts[0]!.id, first_at: ago(4 * times.hour), at: ago(3 * times.hour) },
  { story: server.trends[6]!.id, label: 'eclipse', state: 'waiting', reason: 'Its score 7.1 is below 10.0.', post_id: null, first_at: ago(times.hour), at: ago(times.minute) },
  { story: server.trends[5]!.id, label: 'ラーメンの日', state: 'failed', reason: 'harbour.studio has no free slot in the next 60 days.', post_id: null, first_at: ago(times.day), at: ago(times.day) },
];
const trialsOf = (server: MockServer, input: Schemas['RuleInput']): Schemas['RuleTrial'][] =>
  server.trends.slice(0, 5).map((trend, index) => {
    const least = input.trigger?.score_min ?? 0;
    const would_act = trend.score >= least;
    return { story: trend.id, label: trend.label, at: ago((5 - index) * times.day), would_act, reason: would_act ? '' : `Its score ${trend.score} is below ${least}.`, score: trend.score, authors: trend.authors, relevance: 0.8, matched_by: 'aurora' };
  });

export function topicRoutes(server: MockServer): [string, string, Handler][] {
  const found = <T extends { id: string }>(all: T[], id: string): T => {
    const one = all.find((entry) => entry.id === id);
    if (!one) throw new Refusal(404, 'There is no such thing here.', [], 'not_found');
    return one;
  };
  const replaced = <T extends { id: string }>(all: T[], changed: T) => all.map((entry) => (entry.id === changed.id ? changed : entry));
  const newest = (before: { version: number }, body: Record<string, unknown>) => {
    if (body['version'] !== undefined && body['version'] !== before.version) throw new Refusal(412, 'Somebody has changed this in the meantime.', [], 'version_mismatch');
  };
  const paged = (items: unknown[]) => ({ items, next_cursor: null });
  return [
    ['GET', '/api/watch-lists', () => paged(server.lists)],
    ['POST', '/api/watch-lists', ({ body }) => {
      checkedList(body as unknown as Schemas['WatchListInput']);
      const made = watchList(String(body['name']), body as Partial<WatchList>);
      server.lists = [...server.lists, made];
      return made;
    }],
    ['POST', '/api/watch-lists/test', ({ body }) => {
      const input = body['watch_list'] as Schemas['WatchListInput'];
      checkedList(input, 'watch_list.');
      return tried(server, input, String(body['text'] ?? ''));
    }],
    ['GET', '/api/watch-lists/{id}', ({ parameters }) => found(server.lists, parameters[0]!)],
    ['PUT', '/api/watch-lists/{id}', ({ parameters, body }) => {
      const before = found(server.lists, parameters[0]!);
      newest(before, body);
      checkedList(body as unknown as Schemas['WatchListInput']);
      const changed = { ...before, ...(body as Partial<WatchList>), version: before.version + 1 };
      server.lists = replaced(server.lists, changed);
      return changed;
    }],
    ['DELETE', '/api/watch-lists/{id}', ({ parameters }) => {
      const user = server.rules.find((entry) => entry.watch_list_id === parameters[0]);
      if (user) throw new Refusal(409, `The rule "${user.name}" needs this watch list.`, [], 'conflict');
      server.lists = server.lists.filter((entry) => entry.id !== parameters[0]);
      return undefined;
    }],
    ['GET', '/api/watch-lists/{id}/mentions', () => ({
      items: [{ id: newId(), source: 'jetstream', at: ago(4 * times.minute), matched_by: 'aurora', author: 'mira.example.social', language: 'en', text: 'Aurora over the harbour right now, look north!', url: 'https://example.org/post/1' }],
      hours: Array.from({ length: 90 }, (_unused, index) => ({ at: ago((90 - index) * times.hour), mentions: Math.round(20 + 18 * Math.sin(index / 4)) * (index > 80 ? 6 : 1) })),
    })],
    ['POST', '/api/watch-lists/{id}/feed', ({ parameters }) => found(server.lists, parameters[0]!)],
    ['GET', '/api/rules', () => paged(server.rules)],
    ['POST', '/api/rules', ({ body }) => {
      const made = rule(String(body['name']), String(body['watch_list_id']), { ...(body as Partial<Rule>), acted: 0, last_acted_at: null });
      server.rules = [...server.rules, made];
      return made;
    }],
    ['POST', '/api/rules/dry-run', ({ body }) => {
      const items = trialsOf(server, body as unknown as Schemas['RuleInput']);
      return { items, would_act: items.filter((item) => item.would_act).length };
    }],
    ['GET', '/api/rules/{id}', ({ parameters }) => found(server.rules, parameters[0]!)],
    ['PUT', '/api/rules/{id}', ({ parameters, body }) => {
      const before = found(server.rules, parameters[0]!);
      newest(before, body);
      const changed = { ...before, ...(body as Partial<Rule>), version: before.version + 1 };
      server.rules = replaced(server.rules, changed);
      return changed;
    }],
    ['DELETE', '/api/rules/{id}', ({ parameters }) => {
      server.rules = server.rules.filter((entry) => entry.id !== parameters[0]);
      return undefined;
    }],
    ['GET', '/api/rules/{id}/runs', () => paged(runsOf(server))],
    ['GET', '/api/notices', () => paged(server.notices)],
    ['GET', '/api/notice-channels', () => ({ ...paged(server.channels), email_available: false })],
    ['POST', '/api/notice-channels', ({ body }) => {
      const made = { id: newId(), created_at: ago(0), updated_at: ago(0), enabled: true, ...body } as Schemas['NoticeChannel'];
      server.channels = [...server.channels, made];
      return { ...made, secret: 'whsec_91c2f0' };
    }],
    ['PUT', '/api/notice-channels/{id}', ({ parameters, body }) => {
      const changed = { ...found(server.channels, parameters[0]!), ...(body as Partial<Schemas['NoticeChannel']>) };
      server.channels = replaced(server.channels, changed);
      return changed;
    }],
    ['DELETE', '/api/notice-channels/{id}', ({ parameters }) => {
      server.channels = server.channels.filter((entry) => entry.id !== parameters[0]);
      return undefined;
    }],
    ['POST', '/api/notice-channels/{id}/test', ({ parameters }) => {
      if (found(server.channels, parameters[0]!).kind === 'email') throw new Refusal(422, 'This server sends no e-mail: its operator must set SMTP_URL.');
      return undefined;
    }],
    ['GET', '/api/trends/history', ({ query }) => {
      const words = (query.get('q') ?? '').toLowerCase();
      return paged(seedPast().filter((trend) => [trend.label, ...trend.terms].join(' ').includes(words)));
    }],
    ['GET', '/api/trend-filters', () => server.filters],
    ['PATCH', '/api/trend-filters', ({ body }) => (server.filters = { ...server.filters, ...(body as Partial<Schemas['TrendFilters']>) })],
    ['POST', '/api/trend-filters/entries', ({ body }) => {
      const made = { id: newId(), created_at: ago(0), ...body } as Schemas['TrendFilterEntry'];
      server.filters = { ...server.filters, entries: [...server.filters.entries, made] };
      return made;
    }],
    ['DELETE', '/api/trend-filters/entries/{id}', ({ parameters }) => {
      server.filters = { ...server.filters, entries: server.filters.entries.filter((entry) => entry.id !== parameters[0]) };
      return undefined;
    }],
  ];
}
