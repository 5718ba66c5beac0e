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
  hidden: number;
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
  let request = 0;

  function takeOrder(): void {
    shown.value = newest.value?.items ?? [];
  }

  function receive(list: TrendList, asNew: boolean): void {
    newest.value = { ...list, items: list.items.slice(0, listed) };
    // A list that nobody read yet is simply shown.
    if (asNew || shown.value.length === 0) takeOrder();
  }

  const query = () => {
    const { filters: shownAll, ...rest } = queryOf(filters.value);
    return { ...rest, ...(shownAll === 'off' ? { filters: 'off' as const } : {}), limit: listed };
  };

  async function fetchList(asNew: boolean): Promise<void> {
    const mine = ++request;
    try {
      const list = await answer(api.GET('/api/trends', { params: { query: query() } }));
      if (mine !== request) return;
      problem.value = undefined;
      receive(list, asNew);
    } catch (error) {
      if (mine === request) problem.value = asProblem(error);
    }
  }

  // One stream for one question.
  let stream: EventStream | undefined;
  function listen(): void {
    stream?.close();
    const asked = new URLSearchParams(Object.entries(query()).map(([name, value]) => [name, String(value)]));
    stream = new EventStream({
      url: `/api/trends/stream?${asked}`,
      names: ['trends', 'message'],
      onEvent: (_name, data) => {
        if (isTrendList(data)) receive(data, false);
      },
      onState: (next) => (state.value = next),
      onGap: () => void fetchList(false),
    });
  }
  onScopeDispose(() => stream?.close());
  watch(
    () => JSON.stringify(query()),
    () => {
      void fetchList(true);
      listen();
    },
    { immediate: true },
  );

  return { newest, held, problem, state, takeOrder, refresh: () => fetchList(true) };
}
