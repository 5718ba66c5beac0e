// A watch list as a form: what is sent of it, and where the server's remarks belong.
import type { Schemas } from '@/api/client';
import type { Problem } from '@/api/problem';

type Input = Required<Omit<Schemas['WatchListInput'], 'version'>>;
export type TopicForm = Input & { version?: number };
export const listFields = ['keywords', 'patterns', 'exclude', 'exclude_patterns', 'authors', 'domains', 'languages', 'sources'] as const;
export type ListField = (typeof listFields)[number];
// Any of these finds something; the others only narrow it.
const finding = ['keywords', 'patterns', 'authors', 'domains'] as const;

export function emptyForm(): TopicForm {
  return { name: '', enabled: true, keywords: [], patterns: [], exclude: [], exclude_patterns: [], authors: [], domains: [], languages: [], sources: [] };
}

export function formOf(list: Schemas['WatchList']): TopicForm {
  const { name, enabled, version } = list;
  const lists = Object.fromEntries(listFields.map((field) => [field, [...list[field]]])) as Pick<Input, ListField>;
  return { name, enabled, version, ...lists };
}

export function inputOf(form: TopicForm): Schemas['WatchListInput'] {
  const lists = Object.fromEntries(listFields.map((field) => [field, written(form[field])])) as Pick<Input, ListField>;
  const { enabled, version } = form;
  return { name: form.name.trim(), enabled, ...lists, ...(version === undefined ? {} : { version }) };
}

export function findsNothing(form: TopicForm): boolean {
  return finding.every((field) => written(form[field]).length === 0);
}

// Without blanks and doubles, in the order in which they are written. (`\w` and `\W` are not the same.)
function written(entries: readonly string[]): string[] {
  return [...new Set(entries.map((entry) => entry.trim()).filter(Boolean))];
}

// The server's remarks on single entries, by the entry's place in the form (which may hold blanks that were not sent).
export function entryErrors(problem: Problem | undefined, form: TopicForm, field: ListField): Map<number, string> {
  const sent = written(form[field]);
  const errors = new Map<number, string>();
  for (const entry of problem?.fields ?? []) {
    const [, name, index] = /^(?:watch_list\.)?(\w+)\[(\d+)\]/.exec(entry.field) ?? [];
    if (name !== field) continue;
    const place = form[field].findIndex((text) => text.trim() === sent[Number(index)]);
    errors.set(place, entry.message);
  }
  return errors;
}

export function fieldError(problem: Problem | undefined, field: string): string {
  return problem?.messageFor(field) || problem?.messageFor(`watch_list.${field}`) || '';
}

// What a list looks for, in one line.
export function topicInWords(list: Pick<Input, ListField>): string {
  const quoted = (entries: readonly string[]) => entries.map((entry) => `“${entry}”`);
  const wanted = [...quoted(list.keywords), ...list.patterns.map((entry) => `/${entry}/`), ...list.authors.map((entry) => `@${entry.replace(/^@/, '')}`), ...list.domains];
  const without = [...quoted(list.exclude), ...list.exclude_patterns.map((entry) => `/${entry}/`)];
  return someOf(wanted, 6) + (without.length ? `, but not ${someOf(without, 3)}` : '');
}

function someOf(entries: readonly string[], max: number): string {
  const more = entries.length - max;
  return more > 0 ? `${entries.slice(0, max).join(', ')} and ${more} more` : entries.join(', ');
}
