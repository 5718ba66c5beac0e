import { describe, expect, test } from 'vitest';
import { countMoved, holdOrder, type Trend } from '@/trends/list_order';

const list = (...names: string[]) => names.map((id) => ({ id, score: 1 }) as Trend);
const ids = (trends: readonly Trend[]) => trends.map((trend) => trend.id).join('');

describe('the live list', () => {
  test('numbers change in place, the order stays', () => {
    const newest = [{ id: 'c', score: 9 } as Trend, ...list('a', 'b')];
    const held = holdOrder(list('a', 'b', 'c'), newest);
    expect(ids(held.shown)).toBe('abc');
    expect(held.shown[2]!.score).toBe(9);
    expect(held.changes).toBe(1);
  });

  test('what left stays, marked, until the order is taken', () => {
    const held = holdOrder(list('a', 'b', 'c'), list('a', 'c'));
    expect(ids(held.shown)).toBe('abc');
    expect([...held.gone]).toEqual(['b']);
    expect(held.changes).toBe(1);
  });

  test('what is new is counted, not yet shown', () => {
    const held = holdOrder(list('a'), list('x', 'a', 'y'));
    expect(ids(held.shown)).toBe('a');
    expect(held.changes).toBe(2);
  });

  test('nothing new, no changes', () => {
    expect(holdOrder(list('a', 'b'), list('a', 'b')).changes).toBe(0);
    expect(holdOrder([], []).changes).toBe(0);
  });

  test.each([
    ['abcd', 'abcd', 0],
    ['abcd', 'bacd', 1],
    ['abcd', 'dabc', 1],
    ['abcd', 'dcba', 3],
    ['abc', 'xyz', 0],
  ])('from %s to %s the fewest moves are %i', (before, after, moves) => {
    expect(countMoved(list(...before), list(...after))).toBe(moves);
  });
});
