// Wall time in a named zone and the instants it means, right across daylight-saving changes. The server is the judge (it
// gets `local` and `time_zone`); this only shows beforehand what it will make of them.

// "2026-11-23T09:00", as <input type="datetime-local"> has it.
export type WallTime = string;

const partsFormats = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = partsFormats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    partsFormats.set(zone, format);
  }
  return format;
}

// What clocks in `zone` show at an instant, with seconds: "2026-11-23T09:00:00".
export function wallTimeWithSeconds(instant: Date, zone: string): string {
  const found = Object.fromEntries(partsFormat(zone).formatToParts(instant).map((part) => [part.type, part.value]));
  return `${found['year']}-${found['month']}-${found['day']}T${found['hour']}:${found['minute']}:${found['second']}`;
}

export function wallTime(instant: Date, zone: string): WallTime {
  return wallTimeWithSeconds(instant, zone).slice(0, 16);
}

// Offset of the zone at an instant, in milliseconds east of UTC.
export function offsetAt(instant: Date, zone: string): number {
  const whole_seconds = Math.floor(instant.getTime() / 1000) * 1000;
  return Date.parse(`${wallTimeWithSeconds(instant, zone)}Z`) - whole_seconds;
}

export type Meaning =
  | { kind: 'invalid' }
  | { kind: 'once'; at: Date }
  // Clocks go forward over it: it moves forward by the length of the gap.
  | { kind: 'gap'; at: Date }
  // Clocks go back over it: it happens twice and fires once, the first time.
  | { kind: 'twice'; at: Date };

export function meaningOf(local: WallTime, zone: string): Meaning {
  const as_utc = Date.parse(`${local}Z`);
  if (Number.isNaN(as_utc)) return { kind: 'invalid' };
  const day_ms = 86_400_000;
  const before = offsetAt(new Date(as_utc - day_ms), zone);
  const after = offsetAt(new Date(as_utc + day_ms), zone);
  const candidates = [...new Set([as_utc - before, as_utc - after])]
    .filter((instant) => instant + offsetAt(new Date(instant), zone) === as_utc)
    .sort((left, right) => left - right);
  if (candidates.length === 0) return { kind: 'gap', at: new Date(as_utc - before) };
  return { kind: candidates.length > 1 ? 'twice' : 'once', at: new Date(candidates[0]!) };
}

// The wall time `minutes` from now, rounded up to five minutes: a good first proposal.
export function proposal(now: Date, zone: string, minutes = 60): WallTime {
  const step = 5 * 60_000;
  return wallTime(new Date(Math.ceil((now.getTime() + minutes * 60_000) / step) * step), zone);
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function allZones(): string[] {
  const zones = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return zones.includes('UTC') ? zones : ['UTC', ...zones];
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone !== '';
  } catch {
    return false;
  }
}
