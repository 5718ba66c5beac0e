// The filters of the list live in the address, so that a view can be shared and survives going back.
import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { Trend } from './list_order';

const names = ['q', 'source', 'lang', 'kind', 'window', 'watch_list', 'filters'] as const;
export type FilterName = (typeof names)[number];
export type Filters = Record<FilterName, string>;

export function useFilters() {
  const route = useRoute();
  const router = useRouter();
  const filters = computed<Filters>(() => {
    const given = names.map((name) => [name, String(route.query[name] ?? '')] as const);
    return Object.fromEntries(given) as Filters;
  });
  // Whether what is shown is narrowed; the topic has its own way back.
  const active = computed(() => names.some((name) => name !== 'watch_list' && name !== 'filters' && filters.value[name] !== ''));

  function set(name: FilterName, value: string): void {
    const query = { ...route.query };
    if (value === '') delete query[name];
    else query[name] = value;
    void router.replace({ query });
  }
  const clear = () => {
    const { watch_list } = filters.value;
    void router.replace({ query: watch_list ? { watch_list } : {} });
  };
  return { filters, active, set, clear };
}

export function queryOf(filters: Filters): Partial<Filters> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''));
}

// What can be chosen: what the list has, and what is chosen already (else it could not be seen nor undone).
export function choicesFrom(trends: readonly Trend[], of: 'sources' | 'languages', chosen: string): string[] {
  const weights = new Map<string, number>();
  for (const trend of trends) {
    for (const entry of trend[of]) weights.set(entry.id, (weights.get(entry.id) ?? 0) + entry.share);
  }
  if (chosen !== '' && !weights.has(chosen)) weights.set(chosen, 0);
  return [...weights].sort((left, right) => right[1] - left[1]).map(([id]) => id).filter((id) => id !== '');
}
