// What is being written: plain data, turned into the API's PostInput and back. No Vue, no network.
import type { Schemas } from '@/api/client';
import { fromRule, proposedRepeat, toRule, type RepeatForm } from '@/series/repeat_rule';
import { proposal, wallTime, type WallTime } from './local_time';

export type Media = Schemas['Media'];
export type TooLate = Schemas['TooLate'];
export type WhenChoice = 'now' | 'at' | 'next_slot' | 'repeat';

export interface DraftPart {
  // Names the part while it is moved about on the page.
  key: number;
  text: string;
  media: Media[];
}

export interface Draft {
  parts: DraftPart[];
  accounts: string[];
  // Own text for some of the accounts.
  variants: Record<string, DraftPart[]>;
  when: WhenChoice;
  local: WallTime;
  timeZone: string;
  // How it repeats, and the days that are left out; used when `when` is 'repeat'.
  repeat: RepeatForm;
  leftOut: string[];
  tooLate: TooLate;
  language: string;
  trendId: string;
}

let lastKey = 0;
export function emptyPart(): DraftPart {
  return { key: ++lastKey, text: '', media: [] };
}

const hour_seconds = 3600;

export function emptyDraft(zone: string, now: Date): Draft {
  const local = proposal(now, zone);
  return {
    parts: [emptyPart()],
    accounts: [],
    variants: {},
    when: 'now',
    local,
    timeZone: zone,
    repeat: proposedRepeat(local),
    leftOut: [],
    tooLate: { policy: 'publish', after_seconds: hour_seconds },
    language: '',
    trendId: '',
  };
}

function copyParts(parts: readonly DraftPart[]): DraftPart[] {
  return parts.map((part) => ({ key: ++lastKey, text: part.text, media: [...part.media] }));
}

export function withOwnText(draft: Draft, account: string): void {
  draft.variants[account] ??= copyParts(draft.parts);
}

export function isEmpty(draft: Draft): boolean {
  const all = [draft.parts, ...Object.values(draft.variants)].flat();
  return all.every((part) => part.text.trim() === '' && part.media.length === 0);
}

function partsOf(parts: readonly DraftPart[]): Schemas['Part'][] {
  return parts.map((part) => ({ text: part.text, media: part.media.map((media) => media.id) }));
}

function whenOf(draft: Draft): Schemas['When'] {
  if (draft.when === 'now' || draft.when === 'next_slot') return { type: draft.when };
  // What repeats is checked as its first time.
  return { type: 'at', local: draft.local, time_zone: draft.timeZone };
}

function contentOf(draft: Draft) {
  const variants = draft.accounts.map((account_id) => {
    const own = draft.variants[account_id];
    return own ? { account_id, parts: partsOf(own) } : { account_id };
  });
  return {
    parts: partsOf(draft.parts),
    variants,
    too_late: draft.tooLate.policy === 'publish' ? { policy: 'publish' as const } : draft.tooLate,
    ...(draft.language ? { language: draft.language } : {}),
    ...(draft.trendId ? { trend_id: draft.trendId } : {}),
  };
}

export function toInput(draft: Draft, as: 'draft' | 'chosen'): Schemas['PostInput'] {
  return { ...contentOf(draft), when: as === 'draft' ? draftWhen(draft) : whenOf(draft) };
}

export function toSeriesInput(draft: Draft): Schemas['SeriesInput'] {
  const { local, timeZone, repeat, leftOut } = draft;
  return { ...contentOf(draft), repeat: { local, time_zone: timeZone, rrule: toRule(repeat), exdates: leftOut } };
}

// A draft keeps the time that was thought of, so that it is still there tomorrow.
function draftWhen(draft: Draft): Schemas['When'] {
  return draft.when === 'at' || draft.when === 'repeat' ? { type: 'draft', local: draft.local, time_zone: draft.timeZone } : { type: 'draft' };
}

function choiceOf(type: Schemas['When']['type'], local: string): WhenChoice {
  if (type === 'next_slot' || type === 'now') return type;
  return local === '' ? 'now' : 'at';
}

type Written = Pick<Schemas['Post'], 'parts' | 'variants' | 'too_late' | 'language' | 'trend_id'>;

function contentFrom(written: Written, known: readonly Media[]) {
  const media = new Map(known.map((entry) => [entry.id, entry]));
  const read = (parts: readonly Schemas['Part'][]) =>
    parts.map((part) => ({
      key: ++lastKey,
      text: part.text,
      media: (part.media ?? []).flatMap((id) => media.get(id) ?? []),
    }));
  const own = written.variants.filter((variant) => (variant.parts?.length ?? 0) > 0);
  return {
    parts: written.parts.length > 0 ? read(written.parts) : [emptyPart()],
    accounts: written.variants.map((variant) => variant.account_id),
    variants: Object.fromEntries(own.map((variant) => [variant.account_id, read(variant.parts ?? [])])),
    tooLate: { policy: written.too_late.policy, after_seconds: written.too_late.after_seconds ?? hour_seconds },
    language: written.language,
    trendId: written.trend_id ?? '',
  };
}

export function fromPost(post: Schemas['Post'], zone: string, now: Date): Draft {
  const time_zone = post.time_zone || zone;
  const local = post.local ?? post.when.local ?? (post.due_at && post.when.type === 'at' ? wallTime(new Date(post.due_at), time_zone) : '');
  return {
    ...emptyDraft(time_zone, now),
    ...contentFrom(post, post.media),
    when: choiceOf(post.when.type, local),
    ...(local ? { local: local.slice(0, 16), repeat: proposedRepeat(local) } : {}),
  };
}

// `from` is the occurrence from which on it is changed: the new rule counts from there.
export function fromSeries(series: Schemas['Series'], media: readonly Media[], from: string, now: Date): Draft {
  const { repeat } = series;
  const zone = repeat.time_zone ?? 'UTC';
  const local = (from || repeat.local).slice(0, 16);
  return {
    ...emptyDraft(zone, now),
    ...contentFrom(series, media),
    when: 'repeat',
    local,
    repeat: fromRule(repeat.rrule, local),
    leftOut: repeat.exdates ?? [],
  };
}

// Every picture that a text names, once.
export function mediaIn(written: Pick<Written, 'parts' | 'variants'>): string[] {
  const parts = [...written.parts, ...written.variants.flatMap((variant) => variant.parts ?? [])];
  return [...new Set(parts.flatMap((part) => part.media ?? []))];
}
