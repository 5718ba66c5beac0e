// Something that a screen shows from the server: loaded, reloaded without flicker, with its problem if there is one.
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { asProblem, type Problem } from './problem';

export interface Resource<T> {
  data: ShallowRef<T | undefined>;
  problem: ShallowRef<Problem | undefined>;
  loading: ShallowRef<boolean>;
  refresh: () => Promise<void>;
}

export function useResource<T>(load: () => Promise<T>): Resource<T> {
  const data = shallowRef<T>();
  const problem = shallowRef<Problem>();
  const loading = shallowRef(false);
  let newest = 0;
  let alive = true;

  async function refresh(): Promise<void> {
    const mine = ++newest;
    loading.value = true;
    try {
      const loaded = await load();
      if (mine !== newest || !alive) return;
      data.value = loaded;
      problem.value = undefined;
    } catch (error) {
      if (mine === newest && alive) problem.value = asProblem(error);
    } finally {
      if (mine === newest) loading.value = false;
    }
  }

  onScopeDispose(() => {
    alive = false;
  });
  void refresh();
  return { data, problem, loading, refresh };
}

// One change at a time, with its problem: what a button does.
export function useAction<Arguments extends unknown[], T>(run: (...given: Arguments) => Promise<T>) {
  const busy = shallowRef(false);
  const problem = shallowRef<Problem>();

  async function start(...given: Arguments): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    problem.value = undefined;
    try {
      return await run(...given);
    } catch (error) {
      problem.value = asProblem(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, problem, start };
}
