// The list of trends, live: numbers at once, order when asked for.
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue';
import { answer, api } from '@/api/client';
import { EventStream, type StreamState } from '@/api/event_stream';
import { asProblem, type Problem } from '@/api/problem';
import { queryOf, type Filters } from './filters';
import { holdOrder, type Trend } from './list_order';

interface TrendList {
  items: Trend[];
  at: string;
  generated: boolean;
}

const listed = 50;

function isTrendList(value: unknown): value is TrendList {
  return value !== null && typeof value === 'object' && Array.isArray((value as Partial<TrendList>).items);
}

export function useLiveTrends(filters: Ref<Filters>) {
  const newest = shallowRef<TrendList>();
  const shown = shallowRef<Trend[]>([]);
  const problem = shallowRef<Problem>();
  const state = shallowRef<StreamState>('connecting');
  const held = computed(() => holdOrder(shown.value, newest.value?.items ?? []));
  const filtered = computed(() => Object.keys(queryOf(filters.value)).length > 0);
  let request = 0;

  function takeOrder(): void {
    shown.value = newest.value?.items ?? [];
  }

  function receive(list: TrendList, asNew: boolean): void {
    newest.value = { ...list, items: list.items.slice(0, listed) };
    // A list that nobody read yet is simply shown.
    if (asNew || shown.value.length === 0) takeOrder();
  }

  async function fetchList(asNew: boolean): Promise<void> {
    const mine = ++request;
    try {
      const query = { ...queryOf(filters.value), limit: listed };
      const list = await answer(api.GET('/api/trends', { params: { query } }));
      if (mine !== request) return;
      problem.value = undefined;
      receive(list, asNew);
    } catch (error) {
      if (mine === request) problem.value = asProblem(error);
    }
  }

  const stream = new EventStream({
    url: '/api/trends/stream',
    names: ['trends', 'message'],
    // The stream knows no filters: with some set, it only says that it is time to ask.
    onEvent: (_name, data) => {
      if (filtered.value) void fetchList(false);
      else if (isTrendList(data)) receive(data, false);
    },
    onState: (next) => (state.value = next),
    onGap: () => void fetchList(false),
  });
  onScopeDispose(() => stream.close());
  watch(filters, () => void fetchList(true), { immediate: true });

  return { newest, held, problem, state, takeOrder, refresh: () => fetchList(true) };
}
