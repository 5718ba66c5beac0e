import { describe, expect, test } from 'vitest';
import { weekdayWords } from '@/accounts/weekdays';
import { addDays, mondayOf, rangeOf, stepFrom, titleOf } from '@/posts/calendar_range';
import { loadableUrl } from '@/posts/media_url';
import { niceCeiling, nearest, ticks, timeTicks } from '@/trends/chart_scale';
import { choicesFrom, queryOf } from '@/trends/filters';
import type { Trend } from '@/trends/list_order';
import { languageName, shownLabel, shownRatio, shownShare } from '@/trends/trend_words';
import { compactNumber, dateTime, duration, exactTime, fileSize, relativeTime } from '@/ui/format';
import { readableOn, safeColor } from '@/ui/network_color';
import { startValues, toSettings } from '@/ui/settings_values';
import { sparklinePath } from '@/ui/sparkline';

describe('numbers and times', () => {
  test.each([[0, '0'], [1.44, '1.4'], [9.6, '9.6'], [12.3, '12'], [4210, '4,210'], [184_220, '184.2K']])('%f is %s', (value, shown) =>
    expect(compactNumber(value)).toBe(shown),
  );
  test.each([[0.4, 'under 1 s'], [41, '41 s'], [150, '3 min'], [7200, '2 h'], [200_000, '2 days']])('%f s is %s', (seconds, shown) =>
    expect(duration(seconds)).toBe(shown),
  );
  test('relative to now, in both directions, and nothing for nonsense', () => {
    const now = new Date('2026-11-23T12:00:00Z');
    expect(relativeTime('2026-11-23T11:15:00Z', now)).toBe('45 min ago');
    expect(relativeTime('2026-11-23T15:00:00Z', now)).toBe('in 3 h');
    expect(relativeTime('2026-11-23T12:00:03Z', now)).toBe('just now');
    expect(relativeTime('soon', now)).toBe('');
    expect(relativeTime(null, now)).toBe('');
  });
  test('in the zone of the workspace', () => {
    expect(dateTime('2026-11-23T08:00:00Z', 'Europe/Paris')).toBe('Mon 23 Nov, 09:00');
    expect(exactTime('2026-11-23T08:00:00.012Z', 'Europe/Paris')).toBe('09:00:00.012');
  });
  test('sizes', () => expect([fileSize(70), fileSize(4200), fileSize(2_500_000)]).toEqual(['70 B', '4 kB', '2.5 MB']));
});

describe('trends in words', () => {
  test('labels by kind', () => {
    expect(shownLabel({ kind: 'tag', label: 'aurora' })).toBe('#aurora');
    expect(shownLabel({ kind: 'tag', label: '#aurora' })).toBe('#aurora');
    expect(shownLabel({ kind: 'cashtag', label: 'ACME' })).toBe('$ACME');
    expect(shownLabel({ kind: 'link', label: 'https://www.example.org/a/' })).toBe('example.org/a');
  });
  test('ratios and shares', () => {
    expect([shownRatio(4.62), shownRatio(32.4), shownRatio(1137), shownRatio(Infinity)]).toEqual(['×4.6', '×32', '×1000+', '×1000+']);
    expect([shownShare(0.004), shownShare(0.714), shownShare(0)]).toEqual(['under 1 %', '71 %', '0 %']);
  });
  test('languages, with what is no language shown as it is', () => {
    expect([languageName('en'), languageName('ja'), languageName(''), languageName('x!')]).toEqual(['English', 'Japanese', 'Unknown', 'x!']);
  });
  test('choices come from the list and keep what is chosen', () => {
    const trends = [{ sources: [{ id: 'a', share: 0.2 }, { id: 'b', share: 0.8 }], languages: [{ id: '', share: 1 }] }] as unknown as Trend[];
    expect(choicesFrom(trends, 'sources', 'z')).toEqual(['b', 'a', 'z']);
    expect(choicesFrom(trends, 'languages', '')).toEqual([]);
    expect(queryOf({ q: '', source: 'a', lang: '', kind: '', window: '1h', watch_list: '', filters: '' })).toEqual({ source: 'a', window: '1h' });
  });
});

describe('drawing', () => {
  test('axes end on round numbers', () => {
    expect([niceCeiling(0.3), niceCeiling(361), niceCeiling(1001)]).toEqual([1, 400, 1500]);
    expect(ticks(400)).toEqual([0, 100, 200, 300, 400]);
  });
  test('time ticks stand on whole hours of the zone', () => {
    const first = Date.parse('2026-11-23T06:10:00Z');
    const found = timeTicks(first, first + 5 * 3_600_000, 5.5 * 3_600_000, 6);
    expect(found.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(['06:30', '07:30', '08:30', '09:30', '10:30']);
  });
  test('nearest point', () => {
    const points = [10, 20, 30].map((at) => ({ at, observed: 0, expected: 0 }));
    expect([nearest(points, 0), nearest(points, 24), nearest(points, 26)]).toEqual([0, 1, 2]);
  });
  test('a sparkline starts at zero and needs two values', () => {
    expect(sparklinePath([5], 100, 30)).toBeUndefined();
    expect(sparklinePath([0, 10], 100, 30)).toMatchObject({ line: 'M3 27L97 3', last: { x: 97, y: 3 } });
    expect(sparklinePath([Number.NaN, 1, 1], 100, 30)?.line).toBe('M3 3L97 3');
  });
  test('letters on a network’s colour can be read, and only a colour gets into a style', () => {
    expect([readableOn('#ffffff'), readableOn('#000000'), readableOn('#6364ff')]).toEqual(['#101217', '#ffffff', '#ffffff']);
    expect(safeColor('red;background:url(x)')).toBe('#5b6477');
  });
});

describe('the calendar', () => {
  test('weeks begin on Monday, months fill whole weeks', () => {
    expect(mondayOf('2026-11-29')).toBe('2026-11-23');
    expect(rangeOf('month', '2026-11-15')).toEqual({ from: '2026-10-26', to: '2026-12-07' });
    expect(rangeOf('week', '2026-11-26')).toEqual({ from: '2026-11-23', to: '2026-11-30' });
    expect(rangeOf('list', '2026-12-31')).toEqual({ from: '2026-12-01', to: '2027-01-01' });
  });
  test('steps do not skip short months', () => {
    expect(stepFrom('month', '2027-01-31', 1)).toBe('2027-02-01');
    expect(stepFrom('week', '2026-11-26', -1)).toBe('2026-11-16');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(titleOf('month', '2026-11-23')).toBe('November 2026');
    expect(titleOf('week', '2026-11-26')).toBe('23 Nov – 29 Nov 2026');
  });
  test('days in words', () => expect([weekdayWords([5, 1, 2, 4, 3]), weekdayWords([7, 6]), weekdayWords([3, 1])]).toEqual(['weekdays', 'weekends', 'Mon, Wed']));
});

test('media of this server load from wherever the page is open, others are left', () => {
  expect(loadableUrl('http://public.example/media/1?expires=2&signature=3')).toBe('/media/1?expires=2&signature=3');
  expect(loadableUrl('https://elsewhere.example/x.png')).toBe('https://elsewhere.example/x.png');
});

test('a form drawn by the server gives texts and lists, and leaves out what is empty', () => {
  const setting = (key: string, type: 'text' | 'list', fallback = '') => ({ key, label: key, help: '', type, required: false, fallback });
  const form = [setting('name', 'text'), setting('relays', 'list', 'wss://a\nwss://b'), setting('note', 'text')];
  const values = startValues(form, { name: 'x' });
  expect(values).toEqual({ name: 'x', relays: 'wss://a\nwss://b', note: '' });
  expect(toSettings(form, { ...values, relays: ' wss://a \n\nwss://c' })).toEqual({ name: 'x', relays: ['wss://a', 'wss://c'] });
});
