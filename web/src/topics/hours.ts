// Counts by hour with the hours in which nothing was counted filled in, oldest first.
const hour_ms = 3_600_000;

export interface HourOfMentions {
  at: string;
  mentions: number;
}

export function filledHours(hours: readonly HourOfMentions[], now: Date, count: number): HourOfMentions[] {
  const known = new Map(hours.map((hour) => [Math.floor(Date.parse(hour.at) / hour_ms), hour.mentions]));
  const last = Math.floor(now.getTime() / hour_ms);
  return Array.from({ length: count }, (_unused, index) => {
    const hour = last - count + 1 + index;
    return { at: new Date(hour * hour_ms).toISOString(), mentions: known.get(hour) ?? 0 };
  });
}
