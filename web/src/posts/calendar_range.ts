// Which days a view of the calendar shows. Days are wall dates ("2026-11-23"), weeks begin on Monday.
export type CalendarMode = 'month' | 'week' | 'list';
const day_ms = 86_400_000;

const toDate = (day: string) => new Date(`${day}T00:00:00Z`);
const toDay = (date: Date) => date.toISOString().slice(0, 10);

export function addDays(day: string, count: number): string {
  return toDay(new Date(toDate(day).getTime() + count * day_ms));
}

export function mondayOf(day: string): string {
  return addDays(day, -((toDate(day).getUTCDay() + 6) % 7));
}

export function firstOfMonth(day: string): string {
  return `${day.slice(0, 8)}01`;
}

function addMonths(day: string, count: number): string {
  const date = toDate(firstOfMonth(day));
  date.setUTCMonth(date.getUTCMonth() + count);
  return toDay(date);
}

// First day shown, and the day after the last.
export function rangeOf(mode: CalendarMode, day: string): { from: string; to: string } {
  if (mode === 'week') return { from: mondayOf(day), to: addDays(mondayOf(day), 7) };
  const first = firstOfMonth(day);
  const next = addMonths(day, 1);
  if (mode === 'list') return { from: first, to: next };
  return { from: mondayOf(first), to: addDays(mondayOf(addDays(next, 6)), 0) };
}

export function stepFrom(mode: CalendarMode, day: string, by: -1 | 1): string {
  return mode === 'week' ? addDays(mondayOf(day), 7 * by) : addMonths(day, by);
}

export function titleOf(mode: CalendarMode, day: string): string {
  const format = (options: Intl.DateTimeFormatOptions, of: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }).format(toDate(of));
  if (mode !== 'week') return format({ month: 'long', year: 'numeric' }, day);
  const { from, to } = rangeOf('week', day);
  const last = addDays(to, -1);
  return `${format({ day: 'numeric', month: 'short' }, from)} – ${format({ day: 'numeric', month: 'short', year: 'numeric' }, last)}`;
}
