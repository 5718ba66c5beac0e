// What was typed and not saved comes back, on top of the same version only.
import { beforeEach, describe, expect, it } from 'vitest';
import { reactive } from 'vue';
import { useKeptForm } from '../../src/ui/kept_form';

const stored = new Map<string, string>();
globalThis.localStorage = {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, text: string) => void stored.set(name, text),
  removeItem: (name: string) => void stored.delete(name),
} as unknown as Storage;

interface Form {
  name: string;
  words: string[];
  version?: number;
}

function opened(version?: number): { form: Form; unsaved: ReturnType<typeof useKeptForm> } {
  const form = reactive<Form>({ name: 'saved', words: ['a'], ...(version === undefined ? {} : { version }) });
  const unsaved = useKeptForm('thing', form);
  unsaved.begin();
  return { form, unsaved };
}

describe('a form that is closed before it is saved', () => {
  beforeEach(() => stored.clear());

  it('has again what was typed, lists too, and says so', () => {
    const first = opened(3);
    expect(first.unsaved.restored.value).toBe(false);
    first.form.name = 'typed';
    first.form.words.push('b');
    const second = opened(3);
    expect(second.form).toMatchObject({ name: 'typed', words: ['a', 'b'] });
    expect(second.unsaved.restored.value).toBe(true);
    second.unsaved.discard();
    expect(second.form).toMatchObject({ name: 'saved', words: ['a'] });
    expect(opened(3).unsaved.restored.value).toBe(false);
  });

  it('does not overwrite what somebody saved meanwhile', () => {
    opened(3).form.name = 'typed';
    expect(opened(4).form.name).toBe('saved');
  });

  it('keeps nothing that was saved, given up or typed back', () => {
    const saved = opened();
    saved.form.name = 'typed';
    saved.unsaved.forget();
    saved.form.name = 'after saving';
    expect(opened().form.name).toBe('saved');
    const back = opened();
    back.form.name = 'typed';
    back.form.name = 'saved';
    expect(stored.size).toBe(0);
  });

  it('takes nothing that has not its shape', () => {
    stored.set('socialtrend.unsaved.thing', JSON.stringify({ name: 'typed', words: 'no list' }));
    expect(opened().form.words).toEqual(['a']);
    stored.set('socialtrend.unsaved.thing', '{broken');
    expect(opened().form.name).toBe('saved');
  });
});
