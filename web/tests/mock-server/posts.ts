// Posts of the mock server: some in every state, and new ones that go out by themselves a moment later.
import type { Schemas } from '@/api/client';
import { meaningOf } from '@/posts/local_time';
import { accounts, ago, ahead, networks, newId, owner, times, workspace } from './seed';

type Post = Schemas['Post'];
type Target = Schemas['Target'];

export function target(accountIndex: number, state: Target['state'], extra: Partial<Target> = {}): Target {
  const account = accounts[accountIndex]!;
  const published = state === 'published';
  return {
    id: newId(),
    account_id: account.id,
    account_handle: account.handle,
    network: account.network,
    part: 0,
    state,
    state_reason: '',
    due_at: ahead(26 * times.hour),
    remote_id: published ? 'at://did:plc:harbour/app.bsky.feed.post/3l' : '',
    url: published ? 'https://bsky.app/profile/harbour.studio/post/3l' : '',
    published_at: published ? ago(2 * times.hour) : null,
    attempts: ['draft', 'scheduled', 'awaiting_approval'].includes(state) ? 0 : 1,
    retry_at: null,
    ...extra,
  };
}

export function post(text: string, state: Post['state'], targets: Target[], extra: Partial<Post> = {}): Post {
  const due_at = extra.due_at === undefined ? (targets[0]?.due_at ?? null) : extra.due_at;
  return {
    id: newId(),
    state,
    parts: [{ text, media: [] }],
    language: 'en',
    variants: [...new Set(targets.map((entry) => entry.account_id))].map((account_id) => ({ account_id, parts: [] })),
    media: [],
    when: { type: 'at' },
    local: null,
    time_zone: workspace.time_zone,
    too_late: { policy: 'publish' },
    trend_id: null,
    targets: targets.map((entry) => ({ ...entry, due_at })),
    author: owner.name,
    created_at: ago(3 * times.hour),
    updated_at: ago(2 * times.hour),
    version: 3,
    ...extra,
    due_at,
  };
}

export function seedPosts(): Post[] {
  const at = (days: number, hours: number) => {
    const date = new Date(Date.now() + days * times.day);
    date.setUTCHours(hours, 0, 0, 0);
    return date.toISOString();
  };
  return [
    post('Half a million people watched the harbour lights last night. Here is how we filmed it in one take, and what went wrong twice.', 'needs_decision', [
      target(2, 'needs_decision', { state_reason: 'The receiver closed the connection after the post was sent and before it answered. This network cannot be asked.' }),
      target(0, 'published'),
    ], { due_at: ago(2 * times.hour) }),
    post('New on the blog: ten lenses for the northern lights, from 80 to 800 euros.', 'scheduled', [target(0, 'scheduled'), target(1, 'scheduled')], { due_at: at(1, 8) }),
    post('Open studio on Friday. Coffee is on us.', 'scheduled', [target(0, 'scheduled'), target(3, 'scheduled')], { due_at: at(2, 15) }),
    post('Behind the scenes, part two', 'awaiting_approval', [target(1, 'awaiting_approval')], { due_at: at(3, 9) }),
    post('We are hiring a colourist. Tell a friend!', 'published', [target(0, 'published'), target(1, 'published'), target(3, 'published')], { due_at: ago(26 * times.hour) }),
    post('The sound of the old ferry, recorded last week.', 'partly_published', [target(0, 'published'), target(1, 'rejected', { state_reason: 'Mastodon: Validation failed: Text character limit of 500 exceeded' })], { due_at: ago(50 * times.hour) }),
    post('A thought about slow news', 'draft', [target(0, 'draft', { due_at: null })], { due_at: null, when: { type: 'draft' } }),
    post('Storm warning: the Saturday walk is off.', 'cancelled', [target(0, 'cancelled')], { due_at: ago(72 * times.hour) }),
  ];
}

export function timelineOf(of: Post): Schemas['TimelineEntry'][] {
  const entries: Schemas['TimelineEntry'][] = [];
  for (const entry of of.targets) {
    const add = (event: string, message: string, msBefore: number, actor = '', details: Record<string, unknown> = {}) =>
      entries.push({ id: newId(), target_id: entry.id, at: new Date(Date.parse(of.due_at ?? of.created_at) - msBefore).toISOString(), event, actor, message, details });
    add('created', 'Written. Goes out at its time.', 90 * times.minute, owner.name);
    if (['published', 'rejected', 'needs_decision', 'unknown'].includes(entry.state)) {
      add('claimed', 'Its time has come: the post is made ready.', 4000);
      add('attempt', 'Ready, and written down: it goes to Mastodon.', -12, '', { attempt: 1, key: '9f0c2b' });
      if (entry.state === 'needs_decision') add('unknown', 'The connection closed before an answer came.', -30_012, '', { waited: '30 s' });
      add(entry.state, entry.state === 'published' ? 'The network confirmed it.' : entry.state_reason, -30_400);
    }
  }
  return entries;
}

export function countOf(text: string): number {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length;
}

export function check(input: Schemas['PostInput']): Schemas['Validation'] {
  const checks = input.variants.map((variant, index): Schemas['Check'] => {
    const account = accounts.find((entry) => entry.id === variant.account_id)!;
    const own = (variant.parts?.length ?? 0) > 0;
    const parts = own ? variant.parts! : input.parts;
    const prefix = own ? `variants[${index}].` : '';
    const counts = parts.map((part) => ({ used: countOf(part.text), max: account.limits.text_max, unit: account.limits.unit }));
    const errors = counts.flatMap((count, part) =>
      count.max > 0 && count.used > count.max
        ? { field: `${prefix}parts[${part}].text`, message: `Has ${count.used} characters; at most ${count.max} are possible here.` }
        : [],
    );
    const blind = networks.find((network) => network.id === account.network)?.retry_class === 'blind';
    const warnings = blind ? [{ field: 'account', message: networks.find((network) => network.id === account.network)!.retry_note }] : [];
    if (input.parts[0]?.text.includes('again')) warnings.push({ field: 'parts', message: 'The same text goes to this account on Tue 24 Nov.' });
    return { account_id: account.id, network: account.network, handle: account.handle, ok: errors.length === 0, errors, warnings, notes: [], counts };
  });
  return { ok: checks.every((entry) => entry.ok), due_at: dueOf(input.when), checks };
}

export function dueOf(when: Schemas['When']): string | null {
  if (when.type === 'now') return new Date().toISOString();
  if (when.type === 'next_slot') return ahead(5 * times.hour);
  if (when.at) return when.at;
  if (!when.local) return null;
  const meaning = meaningOf(when.local, when.time_zone ?? workspace.time_zone);
  return meaning.kind === 'invalid' ? null : meaning.at.toISOString();
}

export function fromInput(input: Schemas['PostInput'], media: Schemas['Media'][]): Post {
  const state = input.when.type === 'draft' ? 'draft' : 'scheduled';
  const targets = input.variants.map((variant) => target(accounts.findIndex((entry) => entry.id === variant.account_id), state));
  return post('', state, targets, {
    parts: input.parts,
    variants: input.variants,
    media: media.filter((entry) => input.parts.some((part) => part.media?.includes(entry.id))),
    when: input.when,
    local: input.when.local ?? null,
    time_zone: input.when.time_zone ?? workspace.time_zone,
    too_late: input.too_late ?? { policy: 'publish' },
    trend_id: input.trend_id ?? null,
    due_at: dueOf(input.when),
    version: 1,
    created_at: new Date().toISOString(),
  });
}
