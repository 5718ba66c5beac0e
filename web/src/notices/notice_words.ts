// Notices in words.
import type { Schemas } from '@/api/client';
import type { Tone } from '@/posts/states';

type About = Schemas['NoticeChannelInput']['about'][number];
type DeliveryState = Schemas['Notice']['deliveries'][number]['state'];

export const aboutWords: Record<About, { label: string; help: string }> = {
  rule: { label: 'A rule acted', help: 'It drafted or scheduled something, or a topic rises.' },
  decision: { label: 'A post needs a decision', help: 'Nothing is repeated on a network without your word.' },
  account: { label: 'An account broke', help: 'Its network refuses us until it is connected again.' },
};

export const deliveryWords: Record<DeliveryState, { label: string; tone: Tone }> = {
  waiting: { label: 'On its way', tone: 'progress' },
  delivered: { label: 'Delivered', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  dropped: { label: 'Not sent', tone: 'warning' },
};

// A channel says what it wants to hear of; all three is all there is.
export function aboutInWords(about: readonly string[]): string {
  const known = Object.entries(aboutWords).filter(([name]) => about.includes(name));
  if (known.length === Object.keys(aboutWords).length) return 'Everything';
  return known.map(([, words]) => words.label).join(', ') || 'Nothing';
}

// Only paths of this page are followed from a notice.
export function pathOf(link: string): string | undefined {
  return /^\/(?!\/)/.test(link) ? link : undefined;
}
