// The state behind the compose screen: the draft, its live validation, saving and sending.
import { computed, onScopeDispose, reactive, shallowRef, watch } from 'vue';
import { answer, api, type Schemas } from '@/api/client';
import { Intention } from '@/api/keys';
import { asProblem, type FieldMessage, type Problem } from '@/api/problem';
import { session, useZone } from '@/app/session';
import { emptyDraft, emptyPart, fromPost, fromSeries, isEmpty, mediaIn, toInput, toSeriesInput, type Draft } from './draft';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './unsaved';

const typing_pause_ms = 250;

export type Check = Schemas['Check'];
export type Composer = ReturnType<typeof useComposer>;

export function useComposer() {
  const zone = useZone();
  const draft = reactive<Draft>(emptyDraft(zone.value, new Date()));
  const saved = shallowRef<Schemas['Post']>();
  // What is changed is a series, from one of its occurrences on or (with '') all that is to come.
  const series = shallowRef<{ it: Schemas['Series']; media: Schemas['Media'][]; from: string; onePost: string }>();
  const validation = shallowRef<Schemas['Validation']>();
  const validationProblem = shallowRef<Problem>();
  const problem = shallowRef<Problem>();
  const busy = shallowRef<'draft' | 'chosen'>();
  const restored = shallowRef(false);
  const dirty = shallowRef(false);
  const uploads = shallowRef(0);
  const intention = new Intention();
  let quiet = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;

  const edited = () => saved.value?.id ?? (series.value ? `${series.value.it.id}${series.value.from}` : 'new');
  const version = () => saved.value?.version ?? series.value?.it.version ?? 0;
  const unsavedName = () => `${session.user.value?.workspace.id ?? ''}.${edited()}`;

  function take(next: Draft): void {
    quiet = true;
    Object.assign(draft, next);
    if (draft.parts.length === 0) draft.parts.push(emptyPart());
    // Watchers run before the next task; what they see now is not the person's typing.
    setTimeout(() => (quiet = false));
  }

  function stored(): Draft {
    if (series.value) return fromSeries(series.value.it, series.value.media, series.value.from, new Date());
    return saved.value ? fromPost(saved.value, zone.value, new Date()) : emptyDraft(zone.value, new Date());
  }

  function begin(): void {
    take(stored());
    const kept = readUnsaved(unsavedName(), version());
    if (kept && !isEmpty(kept)) {
      take(kept);
      restored.value = true;
      dirty.value = true;
    }
  }

  function startWith(post: Schemas['Post'] | undefined): void {
    saved.value = post;
    begin();
  }

  async function startWithSeries(it: Schemas['Series'], from: string): Promise<void> {
    const load = (id: string) => answer(api.GET('/api/media/{id}', { params: { path: { id } } }));
    const [first] = (await answer(api.GET('/api/posts', { params: { query: { series_id: it.id, limit: 1 } } }))).items;
    series.value = { it, media: await Promise.all(mediaIn(it).map(load)), from, onePost: first?.id ?? '' };
    begin();
  }

  // The same content again, as a new post.
  function copyFrom(post: Schemas['Post']): void {
    const copy = fromPost(post, zone.value, new Date());
    const { when, local, timeZone, tooLate } = emptyDraft(zone.value, new Date());
    take({ ...copy, when, local, timeZone, tooLate });
    restored.value = false;
  }

  function startAfresh(): void {
    forgetUnsaved(unsavedName());
    restored.value = false;
    dirty.value = false;
    take(stored());
  }

  async function validate(): Promise<void> {
    const mine = ++newest;
    if (draft.accounts.length === 0) {
      validation.value = undefined;
      return;
    }
    try {
      const as = draft.when !== 'now' && draft.when !== 'next_slot' && (draft.local === '' || series.value) ? 'draft' : 'chosen';
      // What is changed does not clash with itself.
      const self = saved.value?.id ?? series.value?.onePost;
      const params = self ? { query: { post_id: self } } : {};
      const checked = await answer(api.POST('/api/posts/validate', { body: toInput(draft, as), params }));
      if (mine !== newest) return;
      validation.value = checked;
      validationProblem.value = undefined;
    } catch (error) {
      if (mine === newest) validationProblem.value = asProblem(error);
    }
  }

  watch(
    draft,
    () => {
      if (!quiet) {
        dirty.value = true;
        problem.value = undefined;
        if (!isEmpty(draft)) keepUnsaved(unsavedName(), version(), draft);
      }
      clearTimeout(timer);
      timer = setTimeout(() => void validate(), typing_pause_ms);
    },
    { deep: true },
  );
  onScopeDispose(() => clearTimeout(timer));

  // Stores it; answers with what was stored, or leaves `problem`.
  async function storing<T>(as: 'draft' | 'chosen', store: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = as;
    problem.value = undefined;
    const name = unsavedName();
    try {
      const kept = await store();
      forgetUnsaved(name);
      restored.value = false;
      dirty.value = false;
      return kept;
    } catch (error) {
      problem.value = asProblem(error);
      return undefined;
    } finally {
      busy.value = undefined;
    }
  }

  // A lost answer is asked for again under the same key; a refusal ends the intention.
  async function making<T>(body: object, make: (headers: { 'Idempotency-Key': string }) => Promise<T>): Promise<T> {
    try {
      const made = await make({ 'Idempotency-Key': intention.keyFor(body) });
      intention.answered();
      return made;
    } catch (error) {
      if (!asProblem(error).unanswered) intention.answered();
      throw error;
    }
  }

  async function send(as: 'draft' | 'chosen'): Promise<Schemas['Post'] | undefined> {
    const post = await storing(as, () => storePost(toInput(draft, as)));
    if (post) saved.value = post;
    return post;
  }

  function storePost(body: Schemas['PostInput']): Promise<Schemas['Post']> {
    const existing = saved.value;
    if (!existing) return making(body, (headers) => answer(api.POST('/api/posts', { body, headers })));
    const headers = { 'If-Match': `"${existing.version}"` };
    return answer(api.PUT('/api/posts/{id}', { params: { path: { id: existing.id } }, body, headers }));
  }

  function sendSeries(): Promise<Schemas['Series'] | undefined> {
    return storing('chosen', () => storeSeries(toSeriesInput(draft)));
  }

  function storeSeries(body: Schemas['SeriesInput']): Promise<Schemas['Series']> {
    if (!series.value) return making(body, (headers) => answer(api.POST('/api/series', { body, headers })));
    const { it, from } = series.value;
    const params = { path: { id: it.id }, ...(from ? { query: { from } } : {}) };
    return answer(api.PUT('/api/series/{id}', { params, body, headers: { 'If-Match': `"${it.version}"` } }));
  }

  const checks = computed(() => validation.value?.checks ?? []);
  const checkOf = (account: string): Check | undefined => checks.value.find((check) => check.account_id === account);
  const fields = computed<FieldMessage[]>(() => [
    ...(problem.value?.fields ?? []),
    ...(validationProblem.value?.fields ?? []),
  ]);

  return {
    draft,
    saved,
    series,
    validation,
    validationProblem,
    problem,
    busy,
    restored,
    dirty,
    uploads,
    checks,
    checkOf,
    fields,
    startWith,
    startWithSeries,
    startAfresh,
    copyFrom,
    send,
    sendSeries,
  };
}
