// What is being written: plain data, turned into the API's PostInput and back. No Vue, no network.
import type { Schemas } from '@/api/client';
import { proposal, wallTime, type WallTime } from './local_time';

export type Media = Schemas['Media'];
export type TooLate = Schemas['TooLate'];
export type WhenChoice = 'now' | 'at' | 'next_slot';

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
  return {
    parts: [emptyPart()],
    accounts: [],
    variants: {},
    when: 'now',
    local: proposal(now, zone),
    timeZone: zone,
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
  if (draft.when === 'at') return { type: 'at', local: draft.local, time_zone: draft.timeZone };
  return { type: draft.when };
}

export function toInput(draft: Draft, as: 'draft' | 'chosen'): Schemas['PostInput'] {
  const variants = draft.accounts.map((account_id) => {
    const own = draft.variants[account_id];
    return own ? { account_id, parts: partsOf(own) } : { account_id };
  });
  return {
    parts: partsOf(draft.parts),
    variants,
    when: as === 'draft' ? draftWhen(draft) : whenOf(draft),
    too_late: draft.tooLate.policy === 'publish' ? { policy: 'publish' } : draft.tooLate,
    ...(draft.language ? { language: draft.language } : {}),
    ...(draft.trendId ? { trend_id: draft.trendId } : {}),
  };
}

// A draft keeps the time that was thought of, so that it is still there tomorrow.
function draftWhen(draft: Draft): Schemas['When'] {
  return draft.when === 'at' ? { type: 'draft', local: draft.local, time_zone: draft.timeZone } : { type: 'draft' };
}

function choiceOf(type: Schemas['When']['type'], local: string): WhenChoice {
  if (type === 'next_slot' || type === 'now') return type;
  return local === '' ? 'now' : 'at';
}

export function fromPost(post: Schemas['Post'], zone: string, now: Date): Draft {
  const media = new Map(post.media.map((entry) => [entry.id, entry]));
  const read = (parts: readonly Schemas['Part'][]) =>
    parts.map((part) => ({
      key: ++lastKey,
      text: part.text,
      media: (part.media ?? []).flatMap((id) => media.get(id) ?? []),
    }));
  const own = post.variants.filter((variant) => (variant.parts?.length ?? 0) > 0);
  const time_zone = post.time_zone || zone;
  const local = post.local ?? post.when.local ?? (post.due_at && post.when.type === 'at' ? wallTime(new Date(post.due_at), time_zone) : '');
  return {
    ...emptyDraft(time_zone, now),
    parts: post.parts.length > 0 ? read(post.parts) : [emptyPart()],
    accounts: post.variants.map((variant) => variant.account_id),
    variants: Object.fromEntries(own.map((variant) => [variant.account_id, read(variant.parts ?? [])])),
    when: choiceOf(post.when.type, local),
    ...(local ? { local: local.slice(0, 16) } : {}),
    tooLate: { policy: post.too_late.policy, after_seconds: post.too_late.after_seconds ?? hour_seconds },
    language: post.language,
    trendId: post.trend_id ?? '',
  };
}
