// The steps of a target, in words that a marketer understands. The server's own sentence follows each.
import type { Tone } from './states';

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
  unknown: { title: 'No clear answer', tone: 'warning' },
  look_again: { title: 'Looking again on the network', tone: 'warning' },
  send_same_again: { title: 'Sending the very same again', tone: 'progress' },
  needs_decision: { title: 'Needs your decision', tone: 'bad' },
  decided: { title: 'Decided', tone: 'info' },
  held: { title: 'Held back', tone: 'warning' },
  withdrawn: { title: 'Withdrawn', tone: 'neutral' },
  paused: { title: 'Paused', tone: 'warning' },
  resumed: { title: 'Goes on', tone: 'info' },
  next_part: { title: 'Its turn in the thread', tone: 'info' },
  thread_stopped: { title: 'The thread stopped before it', tone: 'bad' },
  lease_ran_out: { title: 'Its worker was lost', tone: 'warning' },
  cancelled: { title: 'Cancelled', tone: 'neutral' },
  missed: { title: 'Missed', tone: 'bad' },
};

export function wordsOfStep(event: string): StepWords {
  const known = steps[event];
  if (known) return known;
  const words = event.replace(/[._-]+/g, ' ').trim();
  return { title: words ? words[0]!.toUpperCase() + words.slice(1) : 'Step', tone: 'neutral' };
}

// Details for the curious: only plain values, in the server's order.
export function detailRows(details: Record<string, unknown>): { name: string; value: string }[] {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => ({
      name: name.replace(/_/g, ' '),
      value: typeof value === 'object' ? JSON.stringify(value) : String(value),
    }));
}
