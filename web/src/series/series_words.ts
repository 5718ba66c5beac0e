// The states of a series in words, and what of it waits for somebody.
import type { Schemas } from '@/api/client';
import { session } from '@/app/session';
import type { Tone } from '@/posts/states';

type Series = Schemas['Series'];

const states: Record<Series['state'], { label: string; tone: Tone; meaning: string }> = {
  active: { label: 'Repeating', tone: 'good', meaning: 'It goes on by itself.' },
  stopped: { label: 'Stopped', tone: 'neutral', meaning: 'No further posts are made. Changing it starts it again.' },
  ended: { label: 'Over', tone: 'neutral', meaning: 'All of its dates have passed.' },
};

export function waitsForApproval(series: Pick<Series, 'state' | 'approved_by'>): boolean {
  return series.state === 'active' && !series.approved_by && session.user.value?.workspace.approval_required === true;
}

export function wordsOfSeries(series: Series): { label: string; tone: Tone; meaning: string } {
  if (series.state === 'active' && series.problem) return { label: 'Cannot go on', tone: 'bad', meaning: series.problem };
  if (waitsForApproval(series)) return { label: 'Waiting for approval', tone: 'warning', meaning: 'Its posts are made, but none goes out before it is approved.' };
  return states[series.state] ?? { label: 'Unknown state', tone: 'neutral', meaning: 'This page is older than its server.' };
}

export function firstLine(parts: readonly Schemas['Part'][]): string {
  return parts[0]?.text.trim().split('\n')[0] || 'No text';
}
