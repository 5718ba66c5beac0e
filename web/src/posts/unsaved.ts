// What was typed and not saved survives a closed tab, a dead battery and a lost server: in this browser, per post.
import type { Draft } from './draft';

interface Kept {
  version: number;
  draft: Draft;
}

const prefix = 'socialtrend.unsaved.';

export function keepUnsaved(name: string, version: number, draft: Draft): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify({ version, draft } satisfies Kept));
  } catch {
    // Storage is full or off: the page works on without the safety copy.
  }
}

export function forgetUnsaved(name: string): void {
  try {
    localStorage.removeItem(prefix + name);
  } catch {
    // As above.
  }
}

// Only on top of the same version: someone else's newer text is not overwritten by an old copy.
export function readUnsaved(name: string, version: number): Draft | undefined {
  try {
    const text = localStorage.getItem(prefix + name);
    const kept = text ? (JSON.parse(text) as Kept) : undefined;
    return kept?.version === version && Array.isArray(kept.draft?.parts) ? kept.draft : undefined;
  } catch {
    // Not readable: as if nothing had been kept.
    return undefined;
  }
}
