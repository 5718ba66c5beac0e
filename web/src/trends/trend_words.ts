// How trends are put in words.
import type { Schemas } from '@/api/client';

type Kind = Schemas['Trend']['kind'];

export const kindWords: Record<Kind, string> = {
  tag: 'Hashtag',
  word: 'Word',
  bigram: 'Phrase',
  link: 'Link',
  cashtag: 'Cashtag',
};

// Of what is shown: a story may be led by a word and be called by its hashtag.
export function shownKind(trend: Pick<Schemas['Trend'], 'label' | 'kind'>): string {
  return kindWords[trend.label.startsWith('#') ? 'tag' : trend.kind];
}

export function shownLabel(trend: Pick<Schemas['Trend'], 'label' | 'kind'>): string {
  if (trend.kind === 'tag') return trend.label.startsWith('#') ? trend.label : `#${trend.label}`;
  if (trend.kind === 'cashtag') return trend.label.startsWith('$') ? trend.label : `$${trend.label}`;
  if (trend.kind === 'link') return trend.label.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  return trend.label;
}

type Flag = Schemas['Trend']['flags'][number];
type Category = NonNullable<Schemas['Trend']['category']>;

// The site that a link leads to, with or without its scheme.
export function siteOf(link: string): string {
  return /^(?:https?:\/\/)?(?:www\.)?([^/?#:]+)/.exec(link)?.[1] ?? link;
}

// Where only the name is known: of a link, without what every link has.
export function storyLabel(label: string): string {
  return /^https?:\/\//.test(label) ? shownLabel({ label, kind: 'link' }) : label;
}

// Why something is not many people's own doing.
export const flagWords: Record<Flag, { label: string; text: string }> = {
  few_hands: { label: 'Few hands', text: 'A few authors write most of it, many posts each.' },
  copies: { label: 'Copied text', text: 'Most posts say nearly the same words: somebody asked people to post them.' },
  one_voice: { label: 'One voice', text: 'Most posts are by one author.' },
};

export const categoryWords: Record<Category, string> = {
  sports: 'Sports',
  politics: 'Politics',
  music: 'Music',
  screen: 'Film and TV',
  games: 'Games',
  technology: 'Technology',
  business: 'Business',
  science: 'Science',
  weather: 'Weather',
  disaster: 'Disaster',
};

// The server may know categories that this page does not.
export function categoryName(category: string | null): string {
  return category === null ? '' : (Object.entries(categoryWords).find(([name]) => name === category)?.[1] ?? category);
}

// "x 12" reads better than "1140 %"; beyond a thousand the number says nothing more.
export function shownRatio(ratio: number): string {
  if (!Number.isFinite(ratio) || ratio >= 1000) return '×1000+';
  if (ratio >= 10) return `×${Math.round(ratio)}`;
  return `×${ratio.toFixed(1)}`;
}

export function shownShare(share: number): string {
  if (share > 0 && share < 0.01) return 'under 1 %';
  return `${Math.round(share * 100)} %`;
}

const languageNames = safeDisplayNames('language');

export function languageName(code: string): string {
  if (code === '') return 'Unknown';
  try {
    return languageNames?.of(code) ?? code;
  } catch {
    // Not a well-formed language tag: sources send anything.
    return code;
  }
}

function safeDisplayNames(type: 'language'): Intl.DisplayNames | undefined {
  return typeof Intl.DisplayNames === 'function' ? new Intl.DisplayNames(['en'], { type }) : undefined;
}
