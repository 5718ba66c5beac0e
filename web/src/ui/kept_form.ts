// What was typed into a form and not saved survives a closed tab and a lost server: in this browser, until it is saved or
// thrown away. Only on top of the same version, so that nobody's newer state is overwritten by an old copy.
import { shallowRef, toRaw, watch, type ShallowRef } from 'vue';

interface Versioned {
  version?: number | undefined;
}

export interface KeptForm {
  // There was something, and it is in the form now.
  restored: ShallowRef<boolean>;
  // The form holds what is saved (or the empty beginning): from here on changes are kept.
  begin: () => void;
  // Back to what `begin` found.
  discard: () => void;
  // It was saved, or its writer left on purpose.
  forget: () => void;
}

const prefix = 'socialtrend.unsaved.';

// Written by this page in this version of the program: the same fields, lists where lists are.
function hasShapeOf(kept: unknown, form: unknown): boolean {
  if (Array.isArray(form) || Array.isArray(kept)) return Array.isArray(form) && Array.isArray(kept);
  if (typeof form !== 'object' || form === null) return typeof kept !== 'object' || kept === null || form === null;
  if (typeof kept !== 'object' || kept === null) return false;
  return Object.entries(form).every(([key, value]) => value === undefined || hasShapeOf((kept as Record<string, unknown>)[key], value));
}

function read(name: string): Versioned | undefined {
  try {
    return (JSON.parse(localStorage.getItem(prefix + name) ?? 'null') as Versioned | null) ?? undefined;
  } catch {
    return undefined; // not readable: as if nothing had been kept
  }
}

function write(name: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, text);
  } catch {
    // Storage is full or off: the page works on without the safety copy.
  }
}

export function useKeptForm(name: string, form: Versioned): KeptForm {
  const restored = shallowRef(false);
  let saved = '';
  watch(form, () => {
    if (saved === '') return;
    const text = JSON.stringify(toRaw(form));
    write(name, text === saved ? undefined : text);
  }, { deep: true, flush: 'sync' });
  return {
    restored,
    begin() {
      saved = JSON.stringify(toRaw(form));
      const kept = read(name);
      if (!kept || kept.version !== form.version || !hasShapeOf(kept, toRaw(form))) return;
      restored.value = JSON.stringify({ ...toRaw(form), ...kept }) !== saved;
      Object.assign(form, kept);
    },
    discard() {
      restored.value = false;
      Object.assign(form, JSON.parse(saved));
      write(name, undefined);
    },
    forget() {
      saved = '';
      write(name, undefined);
    },
  };
}
