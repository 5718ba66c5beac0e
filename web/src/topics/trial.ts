// A watch list tried out while it is written: on a text, and on what rose in the last day. Stores nothing.
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue';
import { answer, api } from '@/api/client';
import { asProblem, type Problem } from '@/api/problem';
import { findsNothing, inputOf, type TopicForm } from './topic_form';

export interface Trial {
  matches: boolean;
  matched_by: string;
  excluded_by: string;
  trends: { id: string; label: string; score: number; relevance: number; matched_by: string; seen_at: string }[];
}

const typing_pause_ms = 350;

export function useTrial(form: TopicForm, text: Ref<string>) {
  const trial = shallowRef<Trial>();
  const problem = shallowRef<Problem>();
  const busy = shallowRef(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;

  async function run(): Promise<void> {
    const mine = ++newest;
    if (findsNothing(form)) {
      trial.value = undefined;
      problem.value = undefined;
      busy.value = false;
      return;
    }
    busy.value = true;
    try {
      const body = { watch_list: inputOf(form), text: text.value };
      const found = await answer(api.POST('/api/watch-lists/test', { body }));
      if (mine !== newest) return;
      trial.value = found;
      problem.value = undefined;
    } catch (error) {
      if (mine !== newest) return;
      problem.value = asProblem(error);
      trial.value = undefined;
    } finally {
      if (mine === newest) busy.value = false;
    }
  }
  watch(
    [form, text],
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => void run(), typing_pause_ms);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    newest++;
  });
  return { trial, problem, busy };
}
