// The workspace's own lists of what is never shown and what is never hidden.
import { answer, api, type Schemas } from '@/api/client';

type Entry = Schemas['TrendFilterEntry'];
export type EntryList = Entry['list'];
export type EntryKind = Entry['kind'];

export const entryKinds: Record<EntryKind, { label: string; placeholder: string }> = {
  topic: { label: 'Topic', placeholder: '#giveaway' },
  author: { label: 'Author', placeholder: '@spammer.example.social' },
  domain: { label: 'Site', placeholder: 'casino.example' },
};

export function addEntry(list: EntryList, kind: EntryKind, value: string): Promise<Entry> {
  return answer(api.POST('/api/trend-filters/entries', { body: { list, kind, value } }));
}
