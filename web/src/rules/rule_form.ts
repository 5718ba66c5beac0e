// A rule as a form: every part there, hours and posting switched on or off.
import type { Schemas } from '@/api/client';

type Rule = Schemas['Rule'];
type Input = Schemas['RuleInput'];
type Post = NonNullable<Rule['post']>;

export interface RuleForm {
  name: string;
  enabled: boolean;
  watch_list_id: string;
  trigger: Rule['trigger'];
  languages: string[];
  time_zone: string;
  hours: boolean;
  from: string;
  to: string;
  per_day_max: number;
  cool_down_minutes: number;
  posts: boolean;
  post: Post;
  notify: boolean;
  freshness: Rule['freshness'];
  fresh_score_min: number;
  version?: number;
}

export function emptyRule(watch_list_id: string, time_zone: string): RuleForm {
  return {
    name: '',
    enabled: true,
    watch_list_id,
    trigger: { type: 'trend', score_min: 8, authors_min: 10, sources_min: 1, relevance_min: 0.5, coordinated: false },
    languages: [],
    time_zone,
    hours: false,
    from: '08:00',
    to: '20:00',
    per_day_max: 3,
    cool_down_minutes: 60,
    posts: true,
    post: { mode: 'draft', account_ids: [], tone: 'neutral', language: '', instructions: '' },
    notify: true,
    freshness: 'hold',
    fresh_score_min: 4,
  };
}

export function formOfRule(rule: Rule): RuleForm {
  const { conditions } = rule;
  const blank = emptyRule(rule.watch_list_id, conditions.time_zone);
  return {
    ...blank,
    name: rule.name,
    enabled: rule.enabled,
    trigger: { ...rule.trigger },
    languages: [...conditions.languages],
    hours: conditions.from !== null && conditions.to !== null,
    from: conditions.from ?? blank.from,
    to: conditions.to ?? blank.to,
    per_day_max: conditions.per_day_max,
    cool_down_minutes: conditions.cool_down_minutes,
    posts: rule.post !== null,
    post: rule.post ? { ...rule.post, account_ids: [...rule.post.account_ids] } : blank.post,
    notify: rule.notify,
    freshness: rule.freshness,
    fresh_score_min: rule.fresh_score_min,
    version: rule.version,
  };
}

export function inputOfRule(form: RuleForm): Input {
  const { name, enabled, watch_list_id, trigger, notify, freshness, fresh_score_min, version } = form;
  return {
    name: name.trim(),
    enabled,
    watch_list_id,
    trigger: { ...trigger },
    conditions: {
      languages: [...form.languages],
      time_zone: form.time_zone,
      from: form.hours ? form.from : null,
      to: form.hours ? form.to : null,
      per_day_max: form.per_day_max,
      cool_down_minutes: form.cool_down_minutes,
    },
    post: form.posts ? { ...form.post, account_ids: [...form.post.account_ids], instructions: form.post.instructions.trim() } : null,
    notify,
    freshness,
    fresh_score_min,
    ...(version === undefined ? {} : { version }),
  };
}

// What the dry run is asked: of no consequence is what the rule is called and whether it rests.
export function trialOf(form: RuleForm, days: number): Omit<Input, 'version'> & { days: number } {
  const { version: _version, ...input } = inputOfRule(form);
  return { ...input, name: input.name || 'Trial', days };
}

// Whether the dry run has something to go by.
export function canTry(form: RuleForm): boolean {
  return form.watch_list_id !== '' && (!form.posts || form.post.account_ids.length > 0) && (form.posts || form.notify);
}
