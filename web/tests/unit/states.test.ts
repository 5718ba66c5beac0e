import { describe, expect, test } from 'vitest';
import schema from '../../../src/app/openapi.json';
import { detailRows, wordsOfStep } from '@/posts/timeline_words';
import { canCancel, canDelete, canEdit, canMove, canPublishNow, postStateOrder, postStates, targetStates, wordsOfTarget } from '@/posts/states';
import { noneHeard, sourceStates } from '@/sources/source_words';

const target = (state: string) => ({ state }) as Parameters<typeof canEdit>[0]['targets'][number];
const post = (state: string, ...targets: string[]) => ({ state, targets: targets.map(target) }) as Parameters<typeof canEdit>[0];

describe('words of states', () => {
  test('every state of the API has words', () => {
    expect(Object.keys(targetStates).sort()).toEqual([...schema.components.schemas.TargetState.enum].sort());
    expect(Object.keys(postStates).sort()).toEqual([...schema.components.schemas.PostState.enum].sort());
    expect([...postStateOrder].sort()).toEqual([...schema.components.schemas.PostState.enum].sort());
    expect(Object.keys(sourceStates).sort()).toEqual([...schema.components.schemas.Source.properties.state.enum].sort());
  });

  test('no two states of a target read the same', () => {
    const labels = Object.values(targetStates).map((words) => words.label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('a state of a newer server does not break the page', () => {
    expect(wordsOfTarget('teleported' as never).label).toBe('Unknown state');
  });
});

describe('what may be done', () => {
  test('edit what is not on its way, not out, and not perhaps out', () => {
    expect(canEdit(post('scheduled', 'scheduled', 'paused'))).toBe(true);
    expect(canEdit(post('publishing', 'scheduled', 'claimed'))).toBe(false);
    expect(canEdit(post('published', 'published'))).toBe(false);
    expect(canEdit(post('needs_decision', 'scheduled', 'needs_decision'))).toBe(false);
    for (const state of ['rejected', 'missed', 'cancelled']) expect(canEdit(post('failed', state)), state).toBe(true);
  });

  test('move what has a time', () => {
    expect(canMove(post('scheduled', 'scheduled', 'paused'))).toBe(true);
    expect(canMove(post('failed', 'missed'))).toBe(true);
    expect(canMove(post('draft', 'draft'))).toBe(false);
    expect(canMove(post('failed', 'rejected'))).toBe(false);
    expect(canMove(post('publishing', 'scheduled', 'sending'))).toBe(false);
  });

  test('cancel while something waits', () => {
    expect(canCancel(post('partly_published', 'published', 'scheduled'))).toBe(true);
    expect(canCancel(post('publishing', 'sending'))).toBe(false);
    expect(canCancel(post('draft', 'draft'))).toBe(false);
  });

  test('nothing that is out, on its way or unclear can be deleted', () => {
    for (const state of ['published', 'sending', 'claimed', 'unknown']) expect(canDelete(post('x', state))).toBe(false);
    expect(canDelete(post('draft', 'draft'))).toBe(true);
    expect(canDelete(post('failed', 'rejected'))).toBe(true);
  });

  test('publish now what has not started', () => {
    expect(canPublishNow(post('draft', 'draft'))).toBe(true);
    expect(canPublishNow(post('failed', 'missed'))).toBe(true);
    expect(canPublishNow(post('published', 'published'))).toBe(false);
  });
});

describe('timeline', () => {
  test('known steps have titles, others are made readable', () => {
    expect(wordsOfStep('published')).toEqual({ title: 'Published', tone: 'good' });
    expect(wordsOfStep('lease_ran_out').title).toBe('Interrupted before sending, taken up again');
    expect(wordsOfStep('media_uploaded').title).toBe('Media uploaded');
    expect(wordsOfStep('').title).toBe('Step');
  });

  test('details show what has a value', () => {
    expect(detailRows({ http_status: 502, key: '', retry: null, tried: ['a'] })).toEqual([
      { name: 'http status', value: '502' },
      { name: 'tried', value: '["a"]' },
    ]);
  });
});

describe('the demonstration is offered', () => {
  const source = (enabled: boolean, state: string, generated = false) => ({ enabled, state, generated }) as Parameters<typeof noneHeard>[0][number];
  test('when all that is on fails, or nothing is on', () => {
    expect(noneHeard([source(true, 'failing'), source(false, 'off')])).toBe(true);
    expect(noneHeard([])).toBe(true);
    expect(noneHeard([source(true, 'failing'), source(true, 'connected', true)])).toBe(true);
  });
  test('not while one is heard or may be heard in a moment', () => {
    expect(noneHeard([source(true, 'connected'), source(true, 'failing')])).toBe(false);
    expect(noneHeard([source(true, 'starting')])).toBe(false);
    expect(noneHeard([source(true, 'waiting')])).toBe(false);
  });
});
