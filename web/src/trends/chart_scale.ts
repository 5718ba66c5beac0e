// Geometry of the chart of observed against expected: round numbers on the axis, times that people say.
export interface Point {
  at: number;
  observed: number;
  expected: number;
}

export function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

export function ticks(largest: number, wanted = 4): number[] {
  const raw = largest / wanted;
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1e-9)));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const values: number[] = [];
  for (let value = 0; value <= largest + step / 1000; value += step) values.push(Math.round(value * 1000) / 1000);
  return values;
}

const minute_ms = 60_000;
const time_steps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * minute_ms);

// Whole steps of the clock in the zone whose offset is given.
export function timeTicks(first: number, last: number, offset: number, wanted: number): number[] {
  const step = time_steps.find((candidate) => (last - first) / candidate <= wanted) ?? 1440 * minute_ms;
  const values: number[] = [];
  for (let at = Math.ceil((first + offset) / step) * step - offset; at <= last; at += step) values.push(at);
  return values;
}

export function nearest(points: readonly Point[], at: number): number {
  let best = 0;
  points.forEach((point, index) => {
    if (Math.abs(point.at - at) < Math.abs((points[best]?.at ?? Infinity) - at)) best = index;
  });
  return best;
}
