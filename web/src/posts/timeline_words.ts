// The steps of a target, in words that a marketer understands. The server's own sentence follows each.
import type { Schemas } from '@/api/client';
import { wordsOfTarget, type StateWords, type Tone } from './states';

export interface StepWords {
  title: string;
  tone: Tone;
}

const steps: Record<string, StepWords> = {
  created: { title: 'Written', tone: 'neutral' },
  edited: { title: 'Changed', tone: 'neutral' },
  moved: { title: 'Moved to another time', tone: 'info' },
  approved: { title: 'Approved', tone: 'good' },
  sent_back: { title: 'Sent back to draft', tone: 'warning' },
  claimed: { title: 'Getting ready', tone: 'progress' },
  attempt: { title: 'Sending', tone: 'progress' },
  published: { title: 'Published', tone: 'good' },
  rejected: { title: 'Refused by the network', tone: 'bad' },
  retry_later: { title: 'Will be tried again', tone: 'warning' },
  unknown: { title: 'No clear answer came', tone: 'warning' },
  look_again: { title: 'Looked on the network, will look again', tone: 'warning' },
  send_same_again: { title: 'Not there: the very same is sent again', tone: 'progress' },
  needs_decision: { title: 'Needs your decision', tone: 'bad' },
  decided: { title: 'Decided', tone: 'info' },
  held: { title: 'Waits: the network allows no more for now', tone: 'warning' },
  withdrawn: { title: 'Put back before sending', tone: 'neutral' },
  paused: { title: 'Waits for its account', tone: 'warning' },
  resumed: { title: 'Goes on', tone: 'info' },
  next_part: { title: 'Its turn in the thread', tone: 'info' },
  thread_stopped: { title: 'The thread stopped before it', tone: 'bad' },
  lease_ran_out: { title: 'Interrupted before sending, taken up again', tone: 'warning' },
  network_works: { title: 'The network is still processing it', tone: 'progress' },
  approval_needed: { title: 'Needs a new approval', tone: 'warning' },
  cancelled: { title: 'Cancelled', tone: 'neutral' },
  missed: { title: 'Missed', tone: 'bad' },
};

export function wordsOfStep(event: string): StepWords {
  const known = steps[event];
  if (known) return known;
  const words = event.replace(/[._-]+/g, ' ').trim();
  return { title: words ? words[0]!.toUpperCase() + words.slice(1) : 'Step', tone: 'neutral' };
}

// Whether it was ever sent without a clear answer, so that it may stand on the network.
export function mayBeOut(entries: readonly Schemas['TimelineEntry'][]): boolean {
  return entries.some((entry) => entry.event === 'unknown');
}

// What it waits for is more than "scheduled" says: the last step tells.
const waiting: Record<string, StateWords> = {
  held: { label: 'Waits for room', tone: 'warning', meaning: 'The network allows no more posts for now. It goes on by itself.' },
  retry_later: { label: 'Will be tried again', tone: 'warning', meaning: 'The network did not take it yet. Nothing was published; it is tried again.' },
  network_works: { label: 'The network is processing', tone: 'progress', meaning: 'The network is still processing the media. It goes on by itself.' },
};

export function wordsNow(target: Pick<Schemas['Target'], 'state'>, entries: readonly Schemas['TimelineEntry'][]): StateWords {
  const words = wordsOfTarget(target.state);
  const last = entries.at(-1)?.event ?? '';
  return target.state === 'scheduled' ? (waiting[last] ?? words) : words;
}

// Names of details that mean something to people; what only serves the machinery is left out.
const hidden = ['fence', 'lease', 'payload'];

// Details for the curious: only plain values, in the server's order.
export function detailRows(details: Record<string, unknown>): { name: string; value: string }[] {
  return Object.entries(details)
    .filter(([name, value]) => value !== null && value !== '' && !hidden.some((word) => name.includes(word)))
    .map(([name, value]) => ({
      name: name.replace(/_/g, ' '),
      value: typeof value === 'object' ? JSON.stringify(value) : String(value),
    }));
}
