// The states of sources in words.
import type { Schemas } from '@/api/client';
import type { Tone } from '@/posts/states';

type State = Schemas['Source']['state'];

export const sourceStates: Record<State, { label: string; tone: Tone }> = {
  off: { label: 'Off', tone: 'neutral' },
  starting: { label: 'Starting', tone: 'progress' },
  connected: { label: 'Connected', tone: 'good' },
  waiting: { label: 'Waiting', tone: 'warning' },
  failing: { label: 'Cannot be reached', tone: 'bad' },
};

// The demonstration is offered when nothing real can be heard: all that is on fails, or nothing is on.
export function noneHeard(sources: readonly Pick<Schemas['Source'], 'enabled' | 'state' | 'generated'>[]): boolean {
  const real = sources.filter((source) => source.enabled && !source.generated);
  return real.every((source) => source.state === 'failing' || source.state === 'off');
}

// Which share of a source's authors counts for trends.
export function weightWords(weight: number): string {
  if (weight >= 1) return 'in full';
  return weight <= 0 ? 'not at all' : `for ${Math.round(weight * 100)} %`;
}

export function weightChoices(present: number): { value: string; label: string }[] {
  const weights = [...new Set([1, 0.5, 0.25, 0.1, 0, present])].sort((left, right) => right - left);
  return weights.map((weight) => ({ value: String(weight), label: `Counts ${weightWords(weight)}` }));
}
