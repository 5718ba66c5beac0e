// How a post repeats: a form that people fill in, the RFC 5545 rule that it stands for, and the rule in words. Pure. The
// server is the judge of rules; what the form cannot say is kept as the rule's own text.
import { weekdayNames, weekdayWords } from '@/accounts/weekdays';

export type Frequency = 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
export type RepeatEnd = 'never' | 'after' | 'on';

export interface RepeatForm {
  // 'RAW': the rule is written by hand.
  frequency: Frequency | 'RAW';
  interval: number;
  // ISO weekdays (1 = Monday), for every week.
  weekdays: number[];
  // For every month: on a day of the month, or on the nth weekday. -1 is the last one.
  monthly: 'day' | 'weekday';
  monthDay: number;
  nth: number;
  weekday: number;
  ends: RepeatEnd;
  count: number;
  // The last day, such as "2026-12-31".
  until: string;
  raw: string;
}

const codes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
const units: Record<Frequency, string> = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' };
const ordinals: Record<string, string> = { '1': 'first', '2': 'second', '3': 'third', '4': 'fourth', '-1': 'last' };
const default_count = 10;

export const nthChoices = ['1', '2', '3', '4', '-1'].map((value) => ({ value, label: ordinals[value]! }));

export function isoWeekday(day: string): number {
  const found = new Date(`${day}T00:00:00Z`).getUTCDay();
  return Number.isNaN(found) ? 1 : ((found + 6) % 7) + 1;
}

// A first proposal for a start such as "2026-11-23T09:00": every week on that day.
export function proposedRepeat(local: string): RepeatForm {
  const day = local.slice(0, 10);
  const monthDay = Number(day.slice(8)) || 1;
  const weekday = isoWeekday(day);
  return {
    frequency: 'WEEKLY',
    interval: 1,
    weekdays: [weekday],
    monthly: 'day',
    monthDay,
    nth: Math.min(Math.ceil(monthDay / 7), 4),
    weekday,
    ends: 'never',
    count: default_count,
    until: '',
    raw: '',
  };
}

function endOf(form: RepeatForm): string {
  if (form.ends === 'after') return `;COUNT=${form.count}`;
  if (form.ends === 'on' && form.until) return `;UNTIL=${form.until.replaceAll('-', '')}T235959`;
  return '';
}

function daysOf(form: RepeatForm): string {
  if (form.frequency === 'WEEKLY' && form.weekdays.length > 0) {
    return `;BYDAY=${[...form.weekdays].sort().map((day) => codes[day - 1]).join(',')}`;
  }
  if (form.frequency !== 'MONTHLY') return '';
  return form.monthly === 'day' ? `;BYMONTHDAY=${form.monthDay}` : `;BYDAY=${form.nth}${codes[form.weekday - 1]}`;
}

export function toRule(form: RepeatForm): string {
  if (form.frequency === 'RAW') return form.raw.trim();
  const interval = form.interval > 1 ? `;INTERVAL=${form.interval}` : '';
  return `FREQ=${form.frequency}${interval}${daysOf(form)}${endOf(form)}`;
}

function partsOf(rule: string): Map<string, string> {
  const text = rule.trim().replace(/^RRULE:/i, '').toUpperCase();
  return new Map(text.split(';').filter(Boolean).map((part) => part.split('=', 2) as [string, string]));
}

function weekdaysIn(list: string): number[] | undefined {
  const days = list.split(',').map((code) => codes.indexOf(code as (typeof codes)[number]) + 1);
  return days.includes(0) ? undefined : days;
}

// Each reader answers with what the form says, or nothing where the form cannot say it.
function readDays(parts: Map<string, string>, frequency: Frequency): Partial<RepeatForm> | undefined {
  const byDay = parts.get('BYDAY');
  const byMonthDay = parts.get('BYMONTHDAY');
  if (frequency === 'WEEKLY') {
    const weekdays = byDay ? weekdaysIn(byDay) : [];
    return byMonthDay || !weekdays ? undefined : { weekdays };
  }
  if (frequency !== 'MONTHLY') return byDay || byMonthDay ? undefined : {};
  if (byMonthDay) {
    const monthDay = Number(byMonthDay);
    const known = Number.isInteger(monthDay) && (monthDay === -1 || (monthDay >= 1 && monthDay <= 31));
    return byDay || !known ? undefined : { monthly: 'day', monthDay };
  }
  const found = /^(-1|[1-4])([A-Z]{2})$/.exec(byDay ?? '');
  const weekday = found ? codes.indexOf(found[2] as (typeof codes)[number]) + 1 : 0;
  return weekday ? { monthly: 'weekday', nth: Number(found![1]), weekday } : undefined;
}

function readEnd(parts: Map<string, string>): Partial<RepeatForm> | undefined {
  const [count, until] = [parts.get('COUNT'), parts.get('UNTIL')];
  if (count) return { ends: 'after', count: Number(count) };
  if (!until) return { ends: 'never' };
  const found = /^(\d{4})(\d\d)(\d\d)T235959$/.exec(until);
  return found ? { ends: 'on', until: `${found[1]}-${found[2]}-${found[3]}` } : undefined;
}

const understood = ['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'COUNT', 'UNTIL'];

export function fromRule(rule: string, local: string): RepeatForm {
  const parts = partsOf(rule);
  const frequency = parts.get('FREQ') as Frequency;
  const base = proposedRepeat(local);
  const raw: RepeatForm = { ...base, frequency: 'RAW', raw: rule };
  if (!(frequency in units) || [...parts.keys()].some((name) => !understood.includes(name))) return raw;
  const days = readDays(parts, frequency);
  const end = readEnd(parts);
  return days && end ? { ...base, frequency, interval: Number(parts.get('INTERVAL') ?? 1), ...days, ...end } : raw;
}

function ordinalDay(day: number): string {
  if (day === -1) return 'the last day';
  const rest = day % 10;
  const teen = day > 10 && day < 14;
  return `the ${day}${teen || rest > 3 || rest === 0 ? 'th' : ['st', 'nd', 'rd'][rest - 1]}`;
}

function shownDay(day: string): string {
  const options = { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(`${day}T00:00:00Z`));
}

function onWords(form: RepeatForm, local: string): string {
  if (form.frequency === 'WEEKLY') {
    const days = form.weekdays.length > 0 ? form.weekdays : [isoWeekday(local.slice(0, 10))];
    return ` on ${days.length === 1 ? weekdayNames[days[0]! - 1] : weekdayWords(days).replace('every day', 'all days')}`;
  }
  if (form.frequency === 'MONTHLY') {
    return form.monthly === 'day' ? ` on ${ordinalDay(form.monthDay)}` : ` on the ${ordinals[form.nth]} ${weekdayNames[form.weekday - 1]}`;
  }
  if (form.frequency !== 'YEARLY') return '';
  const options = { timeZone: 'UTC', day: 'numeric', month: 'long' } as const;
  return ` on ${new Intl.DateTimeFormat('en-GB', options).format(new Date(`${local.slice(0, 10)}T00:00:00Z`))}`;
}

// "Every 2 weeks on Monday at 09:00, until 31 Dec 2026".
export function ruleInWords(rule: string, local: string): string {
  const form = fromRule(rule, local);
  if (form.frequency === 'RAW') return `By the rule ${rule}`;
  const unit = units[form.frequency];
  const every = form.interval > 1 ? `Every ${form.interval} ${unit}s` : `Every ${unit}`;
  const times = form.count === 1 ? 'once' : `${form.count} times`;
  const end = form.ends === 'after' ? `, ${times}` : form.ends === 'on' ? `, until ${shownDay(form.until)}` : '';
  return `${every}${onWords(form, local)} at ${local.slice(11, 16)}${end}`;
}

// What keeps a form from being a rule, beside the field it concerns.
export function repeatObstacle(form: RepeatForm): string {
  if (form.frequency === 'RAW') return form.raw.trim() === '' ? 'Write a rule.' : '';
  if (!Number.isInteger(form.interval) || form.interval < 1) return 'Every how many? At least 1.';
  if (form.frequency === 'WEEKLY' && form.weekdays.length === 0) return 'Choose at least one day.';
  if (form.ends === 'after' && (!Number.isInteger(form.count) || form.count < 1)) return 'After how many times? At least 1.';
  return form.ends === 'on' && form.until === '' ? 'Choose the last day.' : '';
}
