// What the mock server knows when it starts: enough of everything to look at every screen. Typed by the API's own schema,
// so that it cannot drift from the contract. Nothing of this is part of the page.
import type { Schemas } from '@/api/client';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
export const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
export const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
let last = 0;
export const newId = () => `0193a1b2-0000-7000-8000-${(++last).toString(16).padStart(12, '0')}`;

export const workspace: Schemas['Workspace'] = {
  id: newId(),
  name: 'Harbour Studio',
  time_zone: 'Europe/Paris',
  approval_required: false,
};
export const owner: Schemas['User'] = {
  id: newId(),
  name: 'Ada Byrne',
  email: 'ada@example.org',
  workspace,
  role: 'owner',
  csrf_token: 'csrf-of-ada',
};

const limits = (unit: Schemas['Limits']['unit'], text_max: number): Schemas['Limits'] => ({
  unit,
  text_max,
  bytes_max: 0,
  url_length: 0,
  media_max: 4,
  media_min: 0,
  image_bytes_max: 1_000_000,
  image_side_max: 0,
  image_pixels_max: 0,
  alt_text_max: 2000,
  media_types: ['image/png', 'image/jpeg'],
});
const text = (key: string, label: string, help: string, extra: Partial<Schemas['Setting']> = {}): Schemas['Setting'] => ({
  key,
  label,
  help,
  type: 'text',
  required: true,
  fallback: '',
  ...extra,
});

export const networks: Schemas['Network'][] = [
  {
    id: 'bluesky',
    label: 'Bluesky',
    color: '#1185fe',
    retry_class: 'safe_by_key',
    retry_note: 'If an answer is lost, the post is looked up by its own key, and it can never appear twice.',
    limits: limits('graphemes', 300),
    threads: 'one_request',
    alt_text: true,
    settings: [
      text('identifier', 'Handle', 'Your handle, for example name.bsky.social.'),
      text('app_password', 'App password', 'Make one in Bluesky under Settings, Privacy and security, App passwords.', { type: 'secret' }),
      text('service', 'Server', 'Leave it as it is, unless your account is on a server of its own.', {
        type: 'url',
        required: false,
        fallback: 'https://bsky.social',
      }),
    ],
  },
  {
    id: 'mastodon',
    label: 'Mastodon',
    color: '#6364ff',
    retry_class: 'safe_by_key',
    retry_note: 'If an answer is lost, the post is sent again under the same key within the hour and appears once.',
    limits: limits('mastodon', 500),
    threads: 'part_by_part',
    alt_text: true,
    settings: [
      text('server', 'Server', 'The address of your server, for example https://mastodon.social.', { type: 'url' }),
      text('access_token', 'Access token', 'On your server open Preferences, Development, New application.', { type: 'secret' }),
    ],
  },
  {
    id: 'nostr',
    label: 'Nostr',
    color: '#8e30eb',
    retry_class: 'safe_by_key',
    retry_note: 'A note has one id wherever it is sent, so a repeat changes nothing.',
    limits: limits('graphemes', 0),
    threads: 'part_by_part',
    alt_text: true,
    settings: [
      text('secret_key', 'Secret key', 'Your nsec. Leave it empty for a new identity: its key is shown once, keep it.', {
        type: 'secret',
        required: false,
      }),
      text('relays', 'Relays', 'Where to publish, one address per line.', { type: 'list', fallback: 'wss://relay.damus.io\nwss://nos.lol' }),
    ],
  },
  {
    id: 'webhook',
    label: 'Webhook',
    color: '#4b5563',
    retry_class: 'blind',
    retry_note: 'Nobody can tell whether a receiver took a post whose answer was lost, so you are asked.',
    limits: limits('code_points', 0),
    threads: 'one_request',
    alt_text: true,
    settings: [text('url', 'Address', 'Where posts are sent to, as signed JSON.', { type: 'url' })],
  },
  {
    id: 'feed',
    label: 'Feed',
    color: '#f26522',
    retry_class: 'safe_by_key',
    retry_note: 'The feed is kept by this program, so a post appears in it exactly once.',
    limits: limits('code_points', 100_000),
    threads: 'one_request',
    alt_text: false,
    settings: [text('title', 'Title', 'The name of the feed.'), text('description', 'Description', 'One sentence on what it is about.', { required: false })],
  },
];

export function account(network: string, handle: string, extra: Partial<Schemas['Account']> = {}): Schemas['Account'] {
  const about = networks.find((entry) => entry.id === network)!;
  return {
    id: newId(),
    network,
    remote_id: handle,
    handle,
    display_name: 'Harbour Studio',
    url: `https://${network}.example/${handle.replace('@', '')}`,
    avatar_url: '',
    state: 'connected',
    state_reason: '',
    limits: about.limits,
    retry_class: about.retry_class,
    details: {},
    created_at: ago(20 * day),
    checked_at: ago(12 * minute),
    ...extra,
  };
}

export const accounts: Schemas['Account'][] = [
  account('bluesky', 'harbour.studio'),
  account('mastodon', '@harbour@mastodon.social'),
  account('webhook', 'newsroom.example'),
  account('feed', 'Studio news', { display_name: 'Studio news' }),
  account('nostr', 'npub1harbourx8q', {
    state: 'broken',
    state_reason: 'None of the relays accepted the key: restricted, not on the allow list. Reconnect with other relays.',
  }),
];

const wave = (steps: number, base: number, peak: number, rise: number) =>
  Array.from({ length: steps }, (_unused, index) => {
    const at = index / (steps - 1);
    const lift = 1 / (1 + Math.exp(-(at - rise) * 14));
    return Math.max(0, Math.round(base * (1 + 0.25 * Math.sin(index * 1.7)) + peak * lift * (1 - 0.25 * Math.max(0, at - 0.9) * 10)));
  });

interface Sketch {
  label: string;
  kind: Schemas['Trend']['kind'];
  score: number;
  authors: number;
  expected: number;
  minutes: number;
  rise: number;
  terms: string[];
  languages: [string, number][];
  sources: [string, number][];
  coordinated?: boolean;
  aliases?: string[];
}

export const sourceIds = { jetstream: newId(), hackerNews: newId(), mastodon: newId(), feed: newId() };
const sketches: Sketch[] = [
  { label: 'northernlights', kind: 'tag', score: 48.2, authors: 4210, expected: 130, minutes: 42, rise: 0.55, terms: ['aurora', 'kp index', 'tonight', 'camera settings', 'scotland'], languages: [['en', 0.71], ['de', 0.14], ['no', 0.09], ['fr', 0.06]], sources: [['jetstream', 0.74], ['mastodon', 0.26]], aliases: ['#aurora', '#auroraborealis', 'northern lights'] },
  { label: 'sqlite 4 released', kind: 'bigram', score: 36.9, authors: 812, expected: 9, minutes: 75, rise: 0.45, terms: ['wal', 'release notes', 'richard hipp', 'benchmark'], languages: [['en', 0.93], ['ja', 0.07]], sources: [['hackerNews', 0.35], ['jetstream', 0.45], ['mastodon', 0.2]], aliases: ['sqlite4', '#sqlite'] },
  { label: 'https://www.nature.com/articles/s41586-026-0117-3', kind: 'link', score: 29.4, authors: 455, expected: 0.4, minutes: 128, rise: 0.3, terms: ['coral', 'reef', 'heat tolerance', 'study'], languages: [['en', 0.8], ['es', 0.2]], sources: [['jetstream', 0.6], ['mastodon', 0.4]] },
  { label: 'BoycottHarbour', kind: 'tag', score: 24.8, authors: 61, expected: 2, minutes: 18, rise: 0.8, terms: ['petition', 'sign now', 'share'], languages: [['en', 1]], sources: [['jetstream', 1]], coordinated: true },
  { label: 'budget vote', kind: 'bigram', score: 21.3, authors: 1893, expected: 410, minutes: 190, rise: 0.35, terms: ['parliament', 'amendment', 'minister', 'live'], languages: [['fr', 0.82], ['en', 0.18]], sources: [['jetstream', 0.9], ['mastodon', 0.1]] },
  { label: 'ラーメンの日', kind: 'tag', score: 18.7, authors: 2940, expected: 640, minutes: 310, rise: 0.2, terms: ['ラーメン', '味噌', '札幌'], languages: [['ja', 0.98], ['en', 0.02]], sources: [['jetstream', 1]] },
  { label: 'eclipse', kind: 'word', score: 12.1, authors: 704, expected: 160, minutes: 55, rise: 0.6, terms: ['partial', 'glasses', 'livestream'], languages: [['en', 0.6], ['pt', 0.4]], sources: [['jetstream', 0.7], ['mastodon', 0.3]] },
  { label: 'ACME', kind: 'cashtag', score: 9.6, authors: 188, expected: 31, minutes: 26, rise: 0.7, terms: ['earnings', 'guidance', 'after hours'], languages: [['en', 1]], sources: [['jetstream', 1]] },
];

function trendFrom(sketch: Sketch, generated: boolean): Schemas['TrendDetail'] {
  const id = newId();
  const series = wave(72, sketch.expected / 12, sketch.authors / 12, sketch.rise);
  const share = ([name, part]: [string, number]) => ({ id: name in sourceIds ? sourceIds[name as keyof typeof sourceIds] : name, share: part });
  return {
    id,
    label: sketch.label,
    kind: sketch.kind,
    score: sketch.score,
    posts: Math.round(sketch.authors * 1.3),
    authors: sketch.authors,
    expected: sketch.expected,
    ratio: sketch.authors / sketch.expected,
    since: ago(sketch.minutes * minute),
    peak_at: ago(4 * minute),
    seen_at: ago(8000),
    coordinated: sketch.coordinated ?? false,
    flags: sketch.coordinated ? ['few_hands', 'copies'] : [],
    category: null,
    first_seen_at: ago(sketch.minutes * minute),
    generated,
    sparkline: series.filter((_value, index) => index % 2 === 0),
    sources: sketch.sources.map(share),
    languages: sketch.languages.map(([name, part]) => ({ id: name, share: part })),
    aliases: sketch.aliases ?? [],
    terms: sketch.terms,
    explanation: `${sketch.authors.toLocaleString('en')} people wrote about it in the last hour, where about ${sketch.expected} are usual at this time of day. It has been rising for ${sketch.minutes} minutes and comes from ${sketch.sources.length} sources, mostly with ${sketch.terms.slice(0, 2).join(' and ')}.`,
    samples: [
      { id: newId(), source: sourceIds.jetstream, text: `Just saw it from the balcony, unbelievable. ${sketch.terms[0]} all over the sky tonight!`, author: 'mira.example.social', url: 'https://example.org/post/1', at: ago(3 * minute) },
      { id: newId(), source: sourceIds.mastodon, text: `Anyone has good ${sketch.terms[1] ?? 'advice'}?\nAsking for a friend who wants to write about ${sketch.label}.`, author: '@jonas@mastodon.example', url: 'https://example.org/post/2', at: ago(9 * minute) },
      { id: newId(), source: sourceIds.jetstream, text: `${sketch.label}: the short version in one picture.`, author: 'ines.example.social', url: 'javascript:alert(1)', at: ago(14 * minute) },
    ],
    series: series.map((observed, index) => ({
      at: ago((72 - index) * 5 * minute),
      observed,
      expected: Math.round((sketch.expected / 12) * (1 + 0.2 * Math.sin(index / 9)) * 10) / 10,
    })),
    posts_per_author: sketch.coordinated ? 9.4 : 1.3,
    effective_authors: sketch.coordinated ? 6 : Math.round(sketch.authors * 0.8),
    duplicate_share: sketch.coordinated ? 0.83 : 0.04,
    top_author_share: sketch.coordinated ? 0.4 : 0.02,
    co_terms: sketch.terms.map((term, index) => ({ text: term, kind: 'word', share: 0.6 - index / 10, strength: 40 - 5 * index })),
    past: [],
    our_posts: sketch.label === 'northernlights'
      ? [{ id: newId(), text: 'Look north tonight: the aurora is out.', created_at: ago(30 * minute), due_at: ago(25 * minute), published_at: ago(25 * minute), minutes_after_rise: 17, targets: [{ network: 'bluesky', state: 'published', url: 'https://bsky.app/profile/x', published_at: ago(25 * minute), reactions: { likes: 12, reposts: 3, replies: 1 } }, { network: 'mastodon', state: 'scheduled', url: null, published_at: null, reactions: null }] }]
      : [],
  };
}
export const makeTrends = (generated: boolean) => sketches.map((sketch) => trendFrom(sketch, generated));

export const sourceTypes: Schemas['SourceType'][] = [
  { id: 'jetstream', label: 'Bluesky Jetstream', help: 'Every public post on Bluesky, live. Needs no account.', settings: [], on_by_default: true },
  { id: 'hacker_news', label: 'Hacker News', help: 'New and rising stories.', settings: [], on_by_default: true },
  { id: 'feed', label: 'Feed', help: 'RSS, Atom or JSON Feed.', settings: [text('url', 'Address', 'The address of the feed.', { type: 'url' })], on_by_default: false },
];

export function source(type: string, label: string, extra: Partial<Schemas['Source']> = {}): Schemas['Source'] {
  return {
    id: newId(),
    type,
    label,
    settings: {},
    enabled: true,
    state: 'connected',
    message: '',
    mentions: 184_220,
    mentions_per_minute: 2140,
    rejected: 12,
    lag_seconds: 0.4,
    last_mention_at: ago(600),
    generated: false,
    weight: 1,
    ...extra,
  };
}
export const sources: Schemas['Source'][] = [
  source('jetstream', 'Bluesky Jetstream', { id: sourceIds.jetstream }),
  source('hacker_news', 'Hacker News', { id: sourceIds.hackerNews, mentions: 912, mentions_per_minute: 1.4, rejected: 0, lag_seconds: 41 }),
  source('mastodon', 'Mastodon trends: mastodon.social', { id: sourceIds.mastodon, state: 'waiting', message: 'mastodon.social asked to wait (429). Tried again in 2 minutes.', mentions: 3300, mentions_per_minute: 6, lag_seconds: 130 }),
  source('feed', 'Feed: example.org', { id: sourceIds.feed, settings: { url: 'https://example.org/feed.xml' }, state: 'failing', message: 'example.org: the name cannot be resolved. Tried 4 times, next try in 3 minutes.', mentions: 0, mentions_per_minute: 0, rejected: 0, lag_seconds: null, last_mention_at: null }),
];

export const times = { minute, hour, day };
