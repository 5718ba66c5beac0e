// The state behind the compose screen: the draft, its live validation, saving and sending.
import { computed, onScopeDispose, reactive, shallowRef, watch } from 'vue';
import { answer, api, type Schemas } from '@/api/client';
import { Intention } from '@/api/keys';
import { asProblem, type FieldMessage, type Problem } from '@/api/problem';
import { session, useZone } from '@/app/session';
import { emptyDraft, emptyPart, fromPost, isEmpty, toInput, type Draft } from './draft';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './unsaved';

const typing_pause_ms = 250;

export type Check = Schemas['Check'];
export type Composer = ReturnType<typeof useComposer>;

export function useComposer() {
  const zone = useZone();
  const draft = reactive<Draft>(emptyDraft(zone.value, new Date()));
  const saved = shallowRef<Schemas['Post']>();
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

  const unsavedName = () => `${session.user.value?.workspace.id ?? ''}.${saved.value?.id ?? 'new'}`;

  function take(next: Draft): void {
    quiet = true;
    Object.assign(draft, next);
    if (draft.parts.length === 0) draft.parts.push(emptyPart());
    // Watchers run before the next task; what they see now is not the person's typing.
    setTimeout(() => (quiet = false));
  }

  function startWith(post: Schemas['Post'] | undefined): void {
    saved.value = post;
    take(post ? fromPost(post, zone.value, new Date()) : emptyDraft(zone.value, new Date()));
    const kept = readUnsaved(unsavedName(), post?.version ?? 0);
    if (kept && !isEmpty(kept)) {
      take(kept);
      restored.value = true;
      dirty.value = true;
    }
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
    take(saved.value ? fromPost(saved.value, zone.value, new Date()) : emptyDraft(zone.value, new Date()));
  }

  async function validate(): Promise<void> {
    const mine = ++newest;
    if (draft.accounts.length === 0) {
      validation.value = undefined;
      return;
    }
    try {
      const as = draft.when === 'at' && draft.local === '' ? 'draft' : 'chosen';
      const checked = await answer(api.POST('/api/posts/validate', { body: toInput(draft, as) }));
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
        if (!isEmpty(draft)) keepUnsaved(unsavedName(), saved.value?.version ?? 0, draft);
      }
      clearTimeout(timer);
      timer = setTimeout(() => void validate(), typing_pause_ms);
    },
    { deep: true },
  );
  onScopeDispose(() => clearTimeout(timer));

  // Stores the post; answers with it, or leaves `problem`.
  async function send(as: 'draft' | 'chosen'): Promise<Schemas['Post'] | undefined> {
    if (busy.value) return undefined;
    busy.value = as;
    problem.value = undefined;
    const name = unsavedName();
    try {
      const post = await store(toInput(draft, as));
      saved.value = post;
      forgetUnsaved(name);
      restored.value = false;
      dirty.value = false;
      return post;
    } catch (error) {
      problem.value = asProblem(error);
      return undefined;
    } finally {
      busy.value = undefined;
    }
  }

  async function store(body: Schemas['PostInput']): Promise<Schemas['Post']> {
    const existing = saved.value;
    if (existing) {
      const headers = { 'If-Match': `"${existing.version}"` };
      return answer(api.PUT('/api/posts/{id}', { params: { path: { id: existing.id } }, body, headers }));
    }
    const headers = { 'Idempotency-Key': intention.keyFor(body) };
    try {
      const post = await answer(api.POST('/api/posts', { body, headers }));
      intention.answered();
      return post;
    } catch (error) {
      // Refused: the next try is a new wish. Unanswered: the same key finds out whether it was stored.
      if (!asProblem(error).unanswered) intention.answered();
      throw error;
    }
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
    startAfresh,
    copyFrom,
    send,
  };
}
