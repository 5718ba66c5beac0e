// The live list does not jump under the reader's eyes: numbers change in place at once, a new order waits until asked for.
import type { Schemas } from '@/api/client';

export type Trend = Schemas['Trend'];

export interface HeldList {
  // What is shown, in the order in which it is shown.
  shown: Trend[];
  // Ids that the newest list has no more; shown faded until the order is taken.
  gone: Set<string>;
  // How many rows would appear, leave or move.
  changes: number;
}

export function holdOrder(shown: readonly Trend[], newest: readonly Trend[]): HeldList {
  const fresh = new Map(newest.map((trend) => [trend.id, trend]));
  const known = new Set(shown.map((trend) => trend.id));
  const gone = new Set(shown.filter((trend) => !fresh.has(trend.id)).map((trend) => trend.id));
  const added = newest.filter((trend) => !known.has(trend.id)).length;
  return {
    shown: shown.map((trend) => fresh.get(trend.id) ?? trend),
    gone,
    changes: added + gone.size + countMoved(shown, newest),
  };
}

// The fewest rows that must move: those outside the longest run that is already in the new order.
export function countMoved(shown: readonly Trend[], newest: readonly Trend[]): number {
  const rank = new Map(newest.map((trend, index) => [trend.id, index]));
  const ranks = shown.flatMap((trend) => rank.get(trend.id) ?? []);
  return ranks.length - longestIncreasing(ranks);
}

function longestIncreasing(numbers: readonly number[]): number {
  const tails: number[] = [];
  for (const number of numbers) {
    let place = tails.findIndex((tail) => tail >= number);
    if (place < 0) place = tails.length;
    tails[place] = number;
  }
  return tails.length;
}
