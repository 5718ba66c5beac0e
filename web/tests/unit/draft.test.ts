import { describe, expect, test } from 'vitest';
import type { Schemas } from '@/api/client';
import { emptyDraft, fromPost, isEmpty, toInput, withOwnText } from '@/posts/draft';
import { isAboutPart, messagesFor, messagesForPart, placeOf } from '@/posts/field_path';

const now = new Date('2026-11-23T08:00:00Z');
const draftOf = () => emptyDraft('Europe/Paris', now);

const stored: Schemas['Post'] = {
  id: 'p1',
  state: 'scheduled',
  parts: [{ text: 'Hello', media: ['m1', 'gone'] }],
  language: '',
  variants: [{ account_id: 'a1', parts: [] }, { account_id: 'a2', parts: [{ text: 'Hi' }] }],
  media: [{ id: 'm1', content_type: 'image/png', bytes: 1, width: 1, height: 1, animated: false, alt_text: '', url: '/media/m1', created_at: '' }],
  when: { type: 'at' },
  due_at: '2026-11-24T08:00:00Z',
  local: null,
  time_zone: 'Europe/Paris',
  too_late: { policy: 'ask', after_seconds: 600 },
  trend_id: 't1',
  targets: [],
  author: 'Ada',
  created_at: '',
  updated_at: '',
  version: 4,
};

describe('a draft as the API takes it', () => {
  test('a time is sent as wall time and zone, never as an instant', () => {
    const draft = { ...draftOf(), when: 'at' as const, local: '2026-11-24T09:00' };
    expect(toInput(draft, 'chosen').when).toEqual({ type: 'at', local: '2026-11-24T09:00', time_zone: 'Europe/Paris' });
    expect(toInput(draft, 'draft').when).toEqual({ type: 'draft', local: '2026-11-24T09:00', time_zone: 'Europe/Paris' });
  });

  test('accounts without a text of their own send none', () => {
    const draft = draftOf();
    draft.parts[0]!.text = 'For all';
    draft.accounts = ['a1', 'a2'];
    withOwnText(draft, 'a2');
    draft.variants['a2']![0]!.text = 'For one';
    const input = toInput(draft, 'chosen');
    expect(input.variants).toEqual([{ account_id: 'a1' }, { account_id: 'a2', parts: [{ text: 'For one', media: [] }] }]);
    expect(input.parts).toEqual([{ text: 'For all', media: [] }]);
  });

  test('an own text of an account that is no longer chosen is not sent', () => {
    const draft = draftOf();
    withOwnText(draft, 'a9');
    expect(toInput(draft, 'chosen').variants).toEqual([]);
  });

  test('what is stored comes back as it was', () => {
    const draft = fromPost(stored, 'UTC', now);
    const input = toInput(draft, 'chosen');
    expect(input).toEqual({
      parts: [{ text: 'Hello', media: ['m1'] }],
      variants: [{ account_id: 'a1' }, { account_id: 'a2', parts: [{ text: 'Hi', media: [] }] }],
      when: { type: 'at', local: '2026-11-24T09:00', time_zone: 'Europe/Paris' },
      too_late: { policy: 'ask', after_seconds: 600 },
      trend_id: 't1',
    });
  });

  test('only a picture is something, only spaces are nothing', () => {
    const draft = draftOf();
    expect(isEmpty(draft)).toBe(true);
    draft.parts[0]!.text = '  \n';
    expect(isEmpty(draft)).toBe(true);
    draft.parts[0]!.media = [stored.media[0]!];
    expect(isEmpty(draft)).toBe(false);
  });
});

describe('where an error belongs', () => {
  test.each([
    ['parts[0].text', { variant: undefined, part: 0, rest: 'text' }],
    ['variants[2].parts[1].media[0]', { variant: 2, part: 1, rest: 'media[0]' }],
    ['variants[2].account_id', { variant: 2, part: undefined, rest: 'account_id' }],
    ['when.local', { variant: undefined, part: undefined, rest: 'when.local' }],
    ['account', { variant: undefined, part: undefined, rest: 'account' }],
  ])('%s', (field, place) => expect(placeOf(field)).toEqual(place));

  test('common text and own texts are kept apart', () => {
    const fields = [
      { field: 'parts[0].text', message: 'common' },
      { field: 'variants[1].parts[0].text', message: 'own' },
    ];
    expect(messagesForPart(fields, 0, 'common')).toEqual(['common']);
    expect(messagesForPart(fields, 0, 1)).toEqual(['own']);
    expect(messagesForPart(fields, 0)).toEqual(['common', 'own']);
    expect(messagesForPart(fields, 1)).toEqual([]);
  });

  test('the schedule gets what is about it', () => {
    expect(messagesFor([{ field: 'when.local', message: 'is in the past' }, { field: 'whenever', message: 'no' }], 'when')).toEqual(['is in the past']);
    expect(isAboutPart('parts[3].media')).toBe(true);
    expect(isAboutPart('parts')).toBe(false);
  });
});
