// The states of posts and targets, in words that a marketer understands. Colour never stands alone: each has its text.
import type { Schemas } from '@/api/client';

export type TargetState = Schemas['TargetState'];
export type PostState = Schemas['PostState'];
export type Tone = 'neutral' | 'info' | 'progress' | 'good' | 'warning' | 'bad';

export interface StateWords {
  label: string;
  tone: Tone;
  // What it means and what happens next.
  meaning: string;
}

export const targetStates: Record<TargetState, StateWords> = {
  draft: { label: 'Draft', tone: 'neutral', meaning: 'Only saved. Nothing goes out until it is scheduled.' },
  awaiting_approval: {
    label: 'Waiting for approval',
    tone: 'warning',
    meaning: 'An approver has to say yes before it can go out.',
  },
  scheduled: { label: 'Scheduled', tone: 'info', meaning: 'Goes out by itself at its time.' },
  claimed: { label: 'Getting ready', tone: 'progress', meaning: 'Its time is near: it is being prepared for sending.' },
  sending: { label: 'Sending', tone: 'progress', meaning: 'On its way to the network.' },
  published: { label: 'Published', tone: 'good', meaning: 'The network confirmed it.' },
  rejected: { label: 'Refused by the network', tone: 'bad', meaning: 'The network said no. It was not published.' },
  unknown: {
    label: 'Checking with the network',
    tone: 'warning',
    meaning: 'It was sent and no clear answer came. We are asking the network whether it is there; it is not sent again before we know.',
  },
  needs_decision: {
    label: 'Needs your decision',
    tone: 'bad',
    meaning: 'We cannot know by ourselves what happened or what you want. Please decide.',
  },
  paused: { label: 'Paused', tone: 'warning', meaning: 'Its account or the whole workspace is paused, or the account must be reconnected. It waits and then goes on by itself.' },
  cancelled: { label: 'Cancelled', tone: 'neutral', meaning: 'Someone cancelled it. It does not go out.' },
  missed: { label: 'Missed', tone: 'bad', meaning: 'It became too late for it, by the rule set on the post.' },
};

export const postStates: Record<PostState, StateWords> = {
  draft: targetStates.draft,
  awaiting_approval: targetStates.awaiting_approval,
  scheduled: targetStates.scheduled,
  publishing: { label: 'Publishing', tone: 'progress', meaning: 'It is going out right now.' },
  published: { label: 'Published', tone: 'good', meaning: 'Every network confirmed it.' },
  partly_published: {
    label: 'Partly published',
    tone: 'warning',
    meaning: 'It is out on some accounts and not on others.',
  },
  failed: { label: 'Not published', tone: 'bad', meaning: 'No network took it. The reasons are below.' },
  needs_decision: targetStates.needs_decision,
  cancelled: targetStates.cancelled,
};

const unheardOf: StateWords = { label: 'Unknown state', tone: 'neutral', meaning: 'This page is older than its server.' };

export function wordsOfTarget(state: TargetState): StateWords {
  return targetStates[state] ?? unheardOf;
}
export function wordsOfPost(state: PostState): StateWords {
  return postStates[state] ?? unheardOf;
}

export const postStateOrder: readonly PostState[] = [
  'needs_decision',
  'awaiting_approval',
  'draft',
  'scheduled',
  'publishing',
  'published',
  'partly_published',
  'failed',
  'cancelled',
];

// Whether content and time may still be changed: nothing is on its way, out, or perhaps out.
export function canEdit(post: Pick<Schemas['Post'], 'targets'>): boolean {
  const closed: readonly TargetState[] = ['claimed', 'sending', 'unknown', 'published', 'needs_decision'];
  return !post.targets.some((target) => closed.includes(target.state));
}

// Whether it has a time that can be another one.
export function canMove(post: Pick<Schemas['Post'], 'targets'>): boolean {
  const waiting: readonly TargetState[] = ['scheduled', 'awaiting_approval', 'paused', 'missed'];
  return canEdit(post) && post.targets.some((target) => waiting.includes(target.state));
}

export function canCancel(post: Pick<Schemas['Post'], 'targets'>): boolean {
  return post.targets.some((target) => ['scheduled', 'awaiting_approval', 'paused'].includes(target.state));
}

export function canPublishNow(post: Pick<Schemas['Post'], 'targets'>): boolean {
  return post.targets.some((target) => ['draft', 'scheduled', 'paused', 'missed'].includes(target.state));
}

// Deleting needs a post of which nothing is out and nothing is on its way.
export function canDelete(post: Pick<Schemas['Post'], 'targets'>): boolean {
  const busy: readonly TargetState[] = ['claimed', 'sending', 'published', 'unknown'];
  return post.targets.every((target) => !busy.includes(target.state));
}
