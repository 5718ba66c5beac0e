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
