// How early a post of ours was on a trend.
import type { Schemas } from '@/api/client';
import { minutesInWords } from '@/ui/format';

export function afterRise(minutes: number): string {
  if (minutes < 0) return `Out ${minutesInWords(-minutes)} before it began to rise`;
  if (minutes === 0) return 'Out as it began to rise';
  return `Out ${minutesInWords(minutes)} after it began to rise`;
}

type Reactions = Schemas['PostOnTrend']['targets'][number]['reactions'];

export function reactionsInWords(reactions: Reactions): string {
  if (!reactions) return '';
  const counted = (count: number, one: string, many: string) => (count === 0 ? '' : `${count.toLocaleString()} ${count === 1 ? one : many}`);
  const { likes, reposts, replies } = reactions;
  const told = [counted(likes, 'like', 'likes'), counted(reposts, 'repost', 'reposts'), counted(replies, 'reply', 'replies')];
  return told.filter(Boolean).join(' · ') || 'No reactions';
}
