// Geometry of a sparkline: from zero to the largest value, so that a small wiggle does not look like a rise.
export interface SparklinePath {
  line: string;
  area: string;
  last: { x: number; y: number };
}

const inset = 3;

export function sparklinePath(values: readonly number[], width: number, height: number): SparklinePath | undefined {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length < 2) return undefined;
  const largest = Math.max(...numbers, 1);
  const step = (width - 2 * inset) / (numbers.length - 1);
  const points = numbers.map((value, index) => ({
    x: round(inset + index * step),
    y: round(height - inset - (Math.max(value, 0) / largest) * (height - 2 * inset)),
  }));
  const line = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${point.x} ${point.y}`).join('');
  const last = points[points.length - 1]!;
  return { line, area: `${line}L${last.x} ${height}L${points[0]!.x} ${height}Z`, last };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
