import { describe, expect, test } from 'vitest';
import type { Schemas } from '@/api/client';
import { Problem } from '@/api/problem';
import { aboutInWords, pathOf } from '@/notices/notice_words';
import { canTry, emptyRule, formOfRule, inputOfRule, trialOf } from '@/rules/rule_form';
import { relevanceChoices, ruleInWords } from '@/rules/rule_words';
import { weightChoices, weightWords } from '@/sources/source_words';
import { filledHours } from '@/topics/hours';
import { emptyForm, entryErrors, fieldError, findsNothing, formOf, inputOf, topicInWords } from '@/topics/topic_form';
import { afterRise, reactionsInWords } from '@/trends/our_posts';
import { pastQuery } from '@/trends/past_query';
import { isResting } from '@/trends/resting';
import { categoryName, siteOf, storyLabel } from '@/trends/trend_words';
import { addedTo, splitEntries } from '@/ui/chips';
import { minutesInWords } from '@/ui/format';

describe('short texts', () => {
  test('are split at commas and line ends, with blanks brought in order', () => {
    expect(splitEntries(' aurora,northern   lights\n\npolarlicht, ')).toEqual(['aurora', 'northern lights', 'polarlicht']);
  });
  test('are there once, whatever their case', () => expect(addedTo(['Aurora'], ['aurora', 'Kp', 'KP'])).toEqual(['Aurora', 'Kp']));
});

describe('a watch list as a form', () => {
  test('blanks and doubles are not sent, expressions differ by case', () => {
    const form = { ...emptyForm(), name: ' Lights ', keywords: ['aurora', ' '], patterns: ['', '\\wkp', '\\Wkp', '\\wkp'] };
    expect(inputOf(form)).toMatchObject({ name: 'Lights', keywords: ['aurora'], patterns: ['\\wkp', '\\Wkp'] });
    expect(inputOf(form)).not.toHaveProperty('version');
  });
  test('something has to find; languages alone find nothing', () => {
    expect(findsNothing({ ...emptyForm(), languages: ['en'], exclude: ['x'], keywords: [' '] })).toBe(true);
    expect(findsNothing({ ...emptyForm(), domains: ['example.org'] })).toBe(false);
  });
  test('a remark stands at its entry although blanks before it were not sent', () => {
    const form = { ...emptyForm(), patterns: ['', 'kp-?index', 'a(b'] };
    const problem = new Problem({ status: 422, errors: [{ field: 'watch_list.patterns[1]', message: 'missing )' }, { field: 'watch_list.keywords', message: 'give one' }] });
    expect([...entryErrors(problem, form, 'patterns')]).toEqual([[2, 'missing )']]);
    expect(entryErrors(problem, form, 'keywords').size).toBe(0);
    expect(fieldError(problem, 'keywords')).toBe('give one');
  });
  test('what is read is what is written, with its version', () => {
    const list = { ...emptyForm(), id: 'x', name: 'A', keywords: ['b'], version: 7, feed_url: '', mentions_hour: 0, mentions_day: 0, created_at: '', updated_at: '' };
    expect(inputOf(formOf(list))).toEqual({ ...inputOf({ ...emptyForm(), name: 'A', keywords: ['b'] }), version: 7 });
  });
  test('in words', () => {
    const form = { ...emptyForm(), keywords: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], exclude: ['x'] };
    expect(topicInWords(form)).toBe('“a”, “b”, “c”, “d”, “e”, “f” and 1 more, but not “x”');
    expect(topicInWords({ ...emptyForm(), patterns: ['kp'], authors: ['@nasa'], domains: ['s.org'] })).toBe('/kp/, @nasa, s.org');
  });
  test('hours without a mention are hours all the same', () => {
    const hours = filledHours([{ at: '2026-11-23T10:00:00Z', mentions: 4 }], new Date('2026-11-23T11:30:00Z'), 3);
    expect(hours.map((hour) => [hour.at.slice(11, 13), hour.mentions])).toEqual([['09', 0], ['10', 4], ['11', 0]]);
  });
});

const rule = (change: Partial<Schemas['Rule']> = {}): Schemas['Rule'] => ({
  ...(inputOfRule({ ...emptyRule('list', 'Europe/Paris'), name: 'R' }) as Schemas['Rule']),
  id: 'r', version: 3, acted: 0, last_acted_at: null, created_at: '', updated_at: '', ...change,
});

describe('a rule as a form', () => {
  test('hours and posting that are switched off are not sent', () => {
    const form = { ...emptyRule('list', 'UTC'), hours: false, posts: false };
    expect(inputOfRule(form)).toMatchObject({ post: null, conditions: { from: null, to: null } });
    expect(inputOfRule({ ...form, hours: true }).conditions).toMatchObject({ from: '08:00', to: '20:00' });
  });
  test('what is read is what is written', () => {
    const { id: _id, acted: _acted, last_acted_at: _last, created_at: _created, updated_at: _updated, ...input } = rule();
    expect(inputOfRule(formOfRule(rule()))).toEqual(input);
    expect(inputOfRule(formOfRule(rule({ post: null }))).post).toBeNull();
  });
  test('a trial needs neither name nor version, but something to do', () => {
    expect(trialOf(formOfRule(rule({ name: '' })), 30)).toMatchObject({ name: 'Trial', days: 30 });
    expect(trialOf(formOfRule(rule()), 1)).not.toHaveProperty('version');
    const form = emptyRule('list', 'UTC');
    expect([canTry(form), canTry({ ...form, post: { ...form.post, account_ids: ['a'] } }), canTry({ ...form, posts: false }), canTry({ ...form, posts: false, notify: false })]).toEqual([
      false, true, true, false,
    ]);
    expect(canTry({ ...form, posts: false, watch_list_id: '' })).toBe(false);
  });
});

describe('a rule in words', () => {
  test('all of it', () => {
    const given = rule();
    const words = ruleInWords(
      { ...given, trigger: { ...given.trigger, sources_min: 2 }, conditions: { ...given.conditions, languages: ['en', 'de'], from: '08:00', to: '20:00' }, post: { ...given.post!, mode: 'slot', account_ids: ['a', 'b'] } },
      'Lights',
    );
    expect(words).toEqual({
      when: 'something rises in “Lights” and has at least a score of 8, 10 authors and 2 sources',
      and: 'it is in English or German and it is between 08:00 and 20:00 (Europe/Paris)',
      then: 'schedule a post into the next free slot of 2 accounts and tell people; at most 3 times a day and 1 hour apart. If the trend has died before the post goes out, ask.',
    });
  });
  test('a feed has neither thresholds nor a death', () => {
    const given = rule({ post: null });
    const words = ruleInWords({ ...given, trigger: { ...given.trigger, type: 'item' }, conditions: { ...given.conditions, per_day_max: 1, cool_down_minutes: 0 } }, '');
    expect(words).toEqual({ when: 'a feed has something about a topic', and: '', then: 'tell people; at most once a day' });
  });
  test.each([[45, '45 minutes'], [60, '1 hour'], [90, '90 minutes'], [2880, '2 days']])('%i minutes are %s', (minutes, words) => expect(minutesInWords(minutes)).toBe(words));
  test('a relevance that is not offered can still be seen', () => {
    expect(relevanceChoices(0.5)).toHaveLength(3);
    expect(relevanceChoices(0.42).at(-1)).toEqual({ value: '0.42', label: '42 % is about it' });
  });
});

describe('trends', () => {
  test('the order changes by itself only when nobody reads', () => {
    expect([isResting(30_000, 5_000, false), isResting(30_000, 5_000, true), isResting(30_000, 20_000, false)]).toEqual([true, false, false]);
  });
  test('the past is asked for by words and days', () => {
    const now = new Date('2026-11-23T12:00:00Z');
    expect(pastQuery(' aurora ', '7', now)).toEqual({ q: 'aurora', from: '2026-11-16T12:00:00.000Z' });
    expect(pastQuery(' ', '', now)).toEqual({});
  });
  test('how early a post of ours was', () => {
    expect([afterRise(-5), afterRise(0), afterRise(120)]).toEqual(['Out 5 minutes before it began to rise', 'Out as it began to rise', 'Out 2 hours after it began to rise']);
    expect(reactionsInWords({ likes: 12, reposts: 1, replies: 0 })).toBe('12 likes · 1 repost');
    expect(reactionsInWords({ likes: 0, reposts: 0, replies: 0 })).toBe('No reactions');
    expect(reactionsInWords(null)).toBe('');
  });
  test('the name of a story, known by nothing else', () => {
    expect([storyLabel('https://www.example.org/a/'), storyLabel('budget vote')]).toEqual(['example.org/a', 'budget vote']);
  });
  test('the site of a link', () => {
    expect(['https://www.nature.com/articles/1', 'example.org/a', 'http://a.example:8080?x'].map(siteOf)).toEqual(['nature.com', 'example.org', 'a.example']);
  });
  test('categories and weights in words', () => {
    expect([categoryName('science'), categoryName(null), categoryName('gardening')]).toEqual(['Science', '', 'gardening']);
    expect([weightWords(1), weightWords(0.25), weightWords(0)]).toEqual(['in full', 'for 25 %', 'not at all']);
    expect(weightChoices(0.3).map((choice) => choice.value)).toEqual(['1', '0.5', '0.3', '0.25', '0.1', '0']);
  });
});

describe('notices', () => {
  test('what a channel wants to hear of', () => {
    expect([aboutInWords(['rule', 'account', 'decision']), aboutInWords(['decision']), aboutInWords([])]).toEqual(['Everything', 'A post needs a decision', 'Nothing']);
  });
  test('only paths of this page are followed', () => {
    expect([pathOf('/rules/1'), pathOf('//evil.example'), pathOf('https://evil.example'), pathOf('')]).toEqual(['/rules/1', undefined, undefined, undefined]);
  });
});
