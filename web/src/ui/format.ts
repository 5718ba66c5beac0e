// Numbers and times as people read them. Pure; the caller gives the present moment and the zone.
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

export function compactNumber(value: number): string {
  const rounded = Math.abs(value) < 10 && !Number.isInteger(value) ? Math.round(value * 10) / 10 : Math.round(value);
  return new Intl.NumberFormat('en', {
    notation: Math.abs(rounded) >= 10_000 ? 'compact' : 'standard',
    maximumFractionDigits: 1,
  }).format(rounded);
}

export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 1) return 'under 1 s';
  if (size < minute) return `${Math.round(size)} s`;
  if (size < hour) return `${Math.round(size / minute)} min`;
  if (size < 2 * day) return `${Math.round(size / hour)} h`;
  return `${Math.round(size / day)} days`;
}

// "5 min ago", "in 3 h"; nothing for what cannot be read as a time.
export function relativeTime(at: string | null | undefined, now: Date): string {
  const seconds = at ? (Date.parse(at) - now.getTime()) / 1000 : Number.NaN;
  if (Number.isNaN(seconds)) return '';
  if (Math.abs(seconds) < 10) return 'just now';
  return seconds < 0 ? `${duration(seconds)} ago` : `in ${duration(seconds)}`;
}

export function dateTime(at: string | null | undefined, zone: string): string {
  return inZone(at, zone, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

// A wall time such as "2026-11-23T09:00:00" as it stands, in no zone.
export function wallDateTime(local: string): string {
  const options = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
  return inZone(`${local.slice(0, 10)}T${local.slice(11, 16) || '00:00'}Z`, 'UTC', options);
}

export function fullDateTime(at: string | null | undefined, zone: string): string {
  return inZone(at, zone, { dateStyle: 'full', timeStyle: 'long' });
}

export function clockTime(at: string | null | undefined, zone: string): string {
  return inZone(at, zone, { hour: '2-digit', minute: '2-digit' });
}

// To the millisecond, for the timeline.
export function exactTime(at: string, zone: string): string {
  return inZone(at, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
}

export function dayOf(at: string | null | undefined, zone: string): string {
  return inZone(at, zone, { weekday: 'long', day: 'numeric', month: 'long' });
}

export function shortDate(at: string | null | undefined, zone: string): string {
  return inZone(at, zone, { day: 'numeric', month: 'short', year: 'numeric' });
}

function inZone(at: string | null | undefined, zone: string, options: Intl.DateTimeFormatOptions): string {
  const instant = at ? new Date(at) : undefined;
  if (!instant || Number.isNaN(instant.getTime())) return '';
  return new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', timeZone: zone, ...options }).format(instant);
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${compactNumber(count)} ${count === 1 ? one : many}`;
}

export function minutesInWords(minutes: number): string {
  // In the largest unit that fits without rest.
  if (minutes >= 1440 && minutes % 1440 === 0) return plural(minutes / 1440, 'day');
  if (minutes >= 60 && minutes % 60 === 0) return plural(minutes / 60, 'hour');
  return plural(minutes, 'minute');
}
