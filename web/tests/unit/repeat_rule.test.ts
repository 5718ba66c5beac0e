import { describe, expect, test } from 'vitest';
import type { Schemas } from '@/api/client';
import { emptyDraft, fromSeries, mediaIn, toInput, toSeriesInput } from '@/posts/draft';
import { mayBeOut, wordsNow } from '@/posts/timeline_words';
import { fromRule, proposedRepeat, repeatObstacle, ruleInWords, toRule, type RepeatForm } from '@/series/repeat_rule';

const monday = '2026-11-23T09:00';
const form = (change: Partial<RepeatForm>): RepeatForm => ({ ...proposedRepeat(monday), ...change });

describe('a rule out of the form', () => {
  test.each<[Partial<RepeatForm>, string]>([
    [{}, 'FREQ=WEEKLY;BYDAY=MO'],
    [{ frequency: 'DAILY', interval: 2 }, 'FREQ=DAILY;INTERVAL=2'],
    [{ weekdays: [4, 1], ends: 'after', count: 10 }, 'FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10'],
    [{ frequency: 'MONTHLY', monthDay: -1 }, 'FREQ=MONTHLY;BYMONTHDAY=-1'],
    [{ frequency: 'MONTHLY', monthly: 'weekday', nth: -1, weekday: 5 }, 'FREQ=MONTHLY;BYDAY=-1FR'],
    [{ frequency: 'YEARLY', ends: 'on', until: '2030-12-31' }, 'FREQ=YEARLY;UNTIL=20301231T235959'],
    [{ frequency: 'RAW', raw: ' FREQ=DAILY;BYHOUR=9,15 ' }, 'FREQ=DAILY;BYHOUR=9,15'],
  ])('%j is %s', (change, rule) => expect(toRule(form(change))).toBe(rule));

  test.each(['FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10', 'FREQ=MONTHLY;BYMONTHDAY=31', 'FREQ=MONTHLY;BYDAY=2TU', 'FREQ=DAILY;INTERVAL=3', 'FREQ=YEARLY;UNTIL=20301231T235959'])(
    '%s comes back the same',
    (rule) => expect(toRule(fromRule(rule, monday))).toBe(rule),
  );

  test.each(['FREQ=DAILY;BYHOUR=9,15', 'FREQ=MONTHLY;BYDAY=MO,TU', 'FREQ=MONTHLY;BYMONTHDAY=-3', 'FREQ=WEEKLY;UNTIL=20301231T080000Z', 'FREQ=WEEKLY;WKST=SU', 'nonsense'])(
    'what the form cannot say stays as it was written: %s',
    (rule) => {
      expect(fromRule(rule, monday).frequency).toBe('RAW');
      expect(toRule(fromRule(rule, monday))).toBe(rule);
    },
  );

  test('the proposal is every week on the day of the start, and knows which weekday of the month it is', () => {
    expect(proposedRepeat('2026-11-29T18:00')).toMatchObject({ weekdays: [7], monthDay: 29, nth: 4, weekday: 7 });
    expect(proposedRepeat('')).toMatchObject({ weekdays: [1], monthDay: 1 });
  });

  test.each<[Partial<RepeatForm>, RegExp]>([
    [{ weekdays: [] }, /at least one day/],
    [{ interval: 0 }, /At least 1/],
    [{ ends: 'after', count: Number.NaN }, /At least 1/],
    [{ ends: 'on' }, /last day/],
    [{ frequency: 'RAW', raw: ' ' }, /Write a rule/],
  ])('%j is no rule yet', (change, why) => expect(repeatObstacle(form(change))).toMatch(why));
});

test.each([
  ['FREQ=WEEKLY;BYDAY=MO', 'Every week on Monday at 09:00'],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=1', 'Every 2 weeks on Mon, Thu at 09:00, once'],
  ['FREQ=MONTHLY;BYMONTHDAY=22', 'Every month on the 22nd at 09:00'],
  ['FREQ=MONTHLY;BYMONTHDAY=13;COUNT=3', 'Every month on the 13th at 09:00, 3 times'],
  ['FREQ=MONTHLY;BYDAY=1MO;UNTIL=20261231T235959', 'Every month on the first Monday at 09:00, until 31 Dec 2026'],
  ['FREQ=YEARLY', 'Every year on 23 November at 09:00'],
  ['FREQ=DAILY;BYHOUR=9,15', 'By the rule FREQ=DAILY;BYHOUR=9,15'],
])('%s reads: %s', (rule, words) => expect(ruleInWords(rule, monday)).toBe(words));

describe('a draft that repeats', () => {
  const stored: Schemas['Series'] = {
    id: 's1', state: 'active', parts: [{ text: 'Weekly', media: ['m1'] }], language: '', variants: [{ account_id: 'a1', parts: [{ text: 'Own', media: ['m2', 'm1'] }] }],
    too_late: { policy: 'drop', after_seconds: 60 }, trend_id: null, repeat: { local: `${monday}:00`, time_zone: 'Europe/Paris', rrule: 'FREQ=WEEKLY;BYDAY=MO', exdates: ['2026-12-28'] },
    stops: null, problem: '', author: 'Ada', approved_by: null, created_at: '', updated_at: '', version: 2,
  };
  const now = new Date('2026-11-23T08:00:00Z');

  test('is sent with its rule, and checked as a post at its first time', () => {
    const draft = { ...emptyDraft('Europe/Paris', now), when: 'repeat' as const, local: monday, repeat: form({}), leftOut: ['2026-12-28'], accounts: ['a1'] };
    expect(toSeriesInput(draft).repeat).toEqual({ local: monday, time_zone: 'Europe/Paris', rrule: 'FREQ=WEEKLY;BYDAY=MO', exdates: ['2026-12-28'] });
    expect(toInput(draft, 'chosen').when).toEqual({ type: 'at', local: monday, time_zone: 'Europe/Paris' });
  });
  test('comes back from a series; from an occurrence on, it counts from there', () => {
    expect(toSeriesInput(fromSeries(stored, [], '', now)).repeat).toEqual({ ...stored.repeat, local: monday });
    expect(fromSeries(stored, [], '2026-12-07T09:00:00', now).local).toBe('2026-12-07T09:00');
    expect(mediaIn(stored)).toEqual(['m1', 'm2']);
  });
});

describe('what happened, in words', () => {
  const entry = (event: string, actor = ''): Schemas['TimelineEntry'] => ({ id: event, target_id: 't', at: '', event, actor, message: '', details: {} });
  test('only what was sent without a clear answer may be out', () => {
    expect(mayBeOut([entry('claimed'), entry('retry_later'), entry('needs_decision')])).toBe(false);
    expect(mayBeOut([entry('unknown'), entry('needs_decision')])).toBe(true);
  });
  test('what waits says for what', () => {
    expect(wordsNow({ state: 'scheduled' }, [entry('held')]).label).toBe('Waits for room');
    expect(wordsNow({ state: 'scheduled' }, [entry('held'), entry('moved')]).label).toBe('Scheduled');
    expect(wordsNow({ state: 'published' }, [entry('held')]).label).toBe('Published');
  });
});
