import { describe, expect, test } from 'vitest';
import { fillOf, unitWords } from '@/posts/counts';

describe('how full a text is', () => {
  test.each([
    [0, 300, 'fine', 0],
    [269, 300, 'fine', 269 / 300],
    [270, 300, 'near', 0.9],
    [300, 300, 'near', 1],
    [301, 300, 'over', 1],
    [5000, 0, 'fine', 0],
  ] as const)('%i of %i is %s', (used, max, level, share) => {
    expect(fillOf(used, max)).toEqual({ level, share });
  });

  test('units have words, and a unit of a newer server is shown as it is', () => {
    expect(unitWords('bytes')).toBe('bytes');
    expect(unitWords('graphemes')).toBe('characters');
    expect(unitWords('runes')).toBe('runes');
  });
});
