// A rule in plain words: when this, and if that, then do so.
import type { Schemas } from '@/api/client';
import type { Tone } from '@/posts/states';
import { languageName } from '@/trends/trend_words';
import { compactNumber, minutesInWords, plural } from '@/ui/format';

type Rule = Pick<Schemas['Rule'], 'trigger' | 'conditions' | 'post' | 'notify' | 'freshness'>;

export interface RuleInWords {
  when: string;
  // Nothing when it may act at any time.
  and: string;
  then: string;
}

export function ruleInWords(rule: Rule, topic: string): RuleInWords {
  return { when: whenOf(rule.trigger, topic), and: andOf(rule.conditions), then: thenOf(rule) };
}

function whenOf(trigger: Rule['trigger'], topic: string): string {
  const name = topic === '' ? 'a topic' : `“${topic}”`;
  if (trigger.type === 'item') return `a feed has something about ${name}`;
  const needs = [
    trigger.score_min > 0 ? `a score of ${compactNumber(trigger.score_min)}` : '',
    trigger.authors_min > 0 ? plural(trigger.authors_min, 'author') : '',
    trigger.sources_min > 1 ? plural(trigger.sources_min, 'source') : '',
  ].filter(Boolean);
  const reached = needs.length === 0 ? '' : ` and has at least ${joined(needs)}`;
  return `something rises in ${name}${reached}${trigger.coordinated ? ', even if it looks coordinated' : ''}`;
}

function andOf(conditions: Rule['conditions']): string {
  const parts = [
    conditions.languages.length ? `it is in ${joined(conditions.languages.map(languageName), 'or')}` : '',
    conditions.from && conditions.to ? `it is between ${conditions.from} and ${conditions.to} (${conditions.time_zone.replaceAll('_', ' ')})` : '',
  ].filter(Boolean);
  return joined(parts);
}

function thenOf(rule: Rule): string {
  const accounts = rule.post?.account_ids.length ? plural(rule.post.account_ids.length, 'account') : 'no account yet';
  const post = {
    none: '',
    draft: `write a draft for ${accounts}`,
    approval: `write a post for ${accounts} that waits for approval`,
    slot: `schedule a post into the next free slot of ${accounts}`,
  }[rule.post?.mode ?? 'none'];
  const actions = joined([post, rule.notify ? 'tell people' : ''].filter(Boolean)) || 'do nothing';
  return `${actions}; ${limitsOf(rule.conditions)}${afterwards(rule)}`;
}

function limitsOf(conditions: Rule['conditions']): string {
  const pause = conditions.cool_down_minutes > 0 ? ` and ${minutesInWords(conditions.cool_down_minutes)} apart` : '';
  return `at most ${conditions.per_day_max === 1 ? 'once' : `${conditions.per_day_max} times`} a day${pause}`;
}

function afterwards(rule: Rule): string {
  if (!rule.post || rule.trigger.type === 'item') return '';
  const words = { publish: '', hold: ' If the trend has died before the post goes out, ask.', drop: ' If the trend has died before the post goes out, drop it.' };
  return `.${words[rule.freshness]}`;
}

function joined(parts: readonly string[], word = 'and'): string {
  if (parts.length <= 1) return parts[0] ?? '';
  return `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`;
}

export const runStates: Record<Schemas['RuleRun']['state'], { label: string; tone: Tone }> = {
  acted: { label: 'Acted', tone: 'good' },
  waiting: { label: 'Not yet', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'bad' },
};

// How much of a trend must be about the topic.
export function relevanceChoices(present: number): { value: string; label: string }[] {
  const choices = [
    { value: '0.3', label: 'It touches the topic' },
    { value: '0.5', label: 'A good part is about it' },
    { value: '0.9', label: 'Its name says so' },
  ];
  if (choices.some((choice) => Number(choice.value) === present)) return choices;
  return [...choices, { value: String(present), label: `${Math.round(present * 100)} % is about it` }];
}
